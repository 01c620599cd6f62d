/** One deliberate bug: the compiled file, the text to replace (it must occur exactly once), and the replacement. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const SUBMIT = 'packages/scheduler/dist/kernel/calls/submit.js'
const END = 'packages/scheduler/dist/kernel/calls/end.js'
const RESTORE = 'packages/scheduler/dist/kernel/calls/restore.js'
const OUTCOMES = 'packages/scheduler/dist/kernel/runs/outcomes.js'
const POLL = 'packages/scheduler/dist/kernel/runs/poll.js'
const ATTEMPTS = 'packages/scheduler/dist/kernel/runs/attempts.js'
const INCARNATIONS = 'packages/scheduler/dist/kernel/runs/incarnations.js'
const CHILD_ID = 'packages/scheduler/dist/kernel/children/child-id.js'
const QUEUE = 'packages/scheduler/dist/kernel/limits/fair-queue.js'
const SLOTS = 'packages/scheduler/dist/kernel/limits/slots.js'
const RETRY = 'packages/scheduler/dist/kernel/state/retry-policy.js'
const NODE = 'packages/scheduler/dist/kernel/node/call-node.js'
const INBOX = 'packages/scheduler/dist/kernel/node/inbox.js'
const DRIVER = 'packages/scheduler/dist/driver/driver.js'
const WRITER = 'packages/scheduler/dist/driver/store-writer.js'
const SCHEDULER = 'packages/scheduler/dist/scheduler.js'
const LIFE = 'packages/scheduler/dist/scheduler-life.js'
const TENANT_CALLS = 'packages/scheduler/dist/calls/tenant-calls.js'
const ENDED = 'packages/scheduler/dist/calls/ended-calls.js'
const RUN_PAYLOADS = 'packages/scheduler/dist/runs/run-payloads.js'
const WARM = 'packages/core/dist/coroutine/warm-coroutines.js'
const REPLAY = 'packages/core/dist/coroutine/replay/replay.js'
const COROUTINE = 'packages/core/dist/coroutine/life/coroutine.js'

/** Plausible bugs. The simulation must find every one of them. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a dispatch is acknowledged before its commit',
    file: TENANT_CALLS,
    from: 'admitted.markSubmitted();\n            await driver.whenDurable();',
    to: 'admitted.markSubmitted();',
  },
  {
    name: 'effects do not wait for the commit',
    file: DRIVER,
    from: 'if (mayRunEarly(effect) && this.#isEarly(effect))',
    to: 'if (true)',
  },
  {
    name: 'a commit that fails is forgotten',
    file: WRITER,
    from: "if (this.#phase !== 'open' || error.status !== 'temporary') {\n                    cancelLate?.();\n                    onFailed(error);",
    to: 'if (true) {',
  },
  {
    name: 'children start early at endpoints in other processes, too',
    file: SCHEDULER,
    from: 'isLocal(effect.endpoint);',
    to: 'true;',
  },
  {
    name: 'results are delivered twice',
    file: INBOX,
    from: 'this.entries.splice(0, this.delivering)',
    to: 'this.entries.slice(0, this.delivering)',
  },
  {
    name: 'results that were not delivered are dropped with those that were',
    file: INBOX,
    from: 'this.entries.splice(0, this.delivering)',
    to: 'this.entries.splice(0)',
  },
  {
    name: 'a back-off is not taken up after a restart',
    file: RESTORE,
    from: 'restoreSchedule(kernel, node);\n        else',
    to: ';\n        else',
  },
  {
    name: 'a suspended call is not looked at after a restart',
    file: RESTORE,
    from: 'else\n            resumeOrWait(kernel, node);',
    to: 'else\n            ;',
  },
  {
    name: 'a pending call is not queued after a restart',
    file: RESTORE,
    from: "if (node.state === 'pending')\n            kernel.slots.enqueue(node);",
    to: "if (node.state === 'pending')\n            ;",
  },
  {
    name: 'children that ended before a restart are forgotten',
    file: RESTORE,
    from: 'parent.receive(inboxEntryOf(child, child.statusCode));',
    to: ';',
  },
  {
    name: 'children that go on after a restart are not linked to their parent',
    file: RESTORE,
    from: 'if (parent !== undefined && parent.failure.restarts === call.parentRestarts)\n            parent.adopt(node);',
    to: '',
  },
  {
    name: 'a back-off is one step too long',
    file: RETRY,
    from: '2 ** Math.min(attempts - 1, 32)',
    to: '2 ** Math.min(attempts, 32)',
  },
  {
    name: 'one attempt too many',
    file: RETRY,
    from: 'attempts >= attemptsMax',
    to: 'attempts > attemptsMax',
  },
  { name: 'a cancel is lost', file: END, from: "endTree(kernel, node, 'canceled');\n}", to: ';\n}' },
  {
    name: 'expiration is forgotten',
    file: SUBMIT,
    from: 'kernel.timers.add(node.expiresAtMs, node);\n    if (call.delayMs > 0)',
    to: ';\n    if (call.delayMs > 0)',
  },
  {
    name: 'a call that ends stays with its parent as open',
    file: END,
    from: 'parent.progress.openChildren.delete(node);',
    to: '',
  },
  {
    name: 'a restart keeps the results of before',
    file: NODE,
    from: 'this.#progress = new Progress(this.#progress.atMs);',
    to: '{\n                const { atMs, inbox } = this.#progress;\n                this.#progress = new Progress(atMs);\n                this.changeProgress().inbox = inbox;\n            }',
  },
  {
    name: 'a restart does not number its children anew',
    file: CHILD_ID,
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the text of a template
    from: 'parentRestarts === 0 ? `${parentId}/${ordinal}`',
    to: 'parentRestarts >= 0 ? `${parentId}/${ordinal}`',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the text of a template
  },
  {
    name: 'a tail call does not record its input',
    file: INCARNATIONS,
    from: 'call: recordOf(node), input: call.input, state: null',
    to: 'call: recordOf(node), state: null',
  },
  {
    name: 'a poll does not record its state',
    file: POLL,
    from: 'call: recordOf(node),\n        state,',
    to: 'call: recordOf(node),',
  },
  {
    name: 'polls are not counted',
    file: POLL,
    from: 'progress.polls += 1;',
    to: '',
  },
  {
    name: 'a slot is not given back',
    file: OUTCOMES,
    from: 'endRun(kernel, node);',
    to: "node.enter('ending');\n    node.run = 0;",
  },
  {
    name: 'a slot of a run that was aborted is not given back',
    file: END,
    from: 'endRun(kernel, node);',
    to: "node.enter('ending');",
  },
  {
    name: 'fixed limits are not looked at',
    file: SLOTS,
    from: 'concurrencyMax > 0 && limit.inFlight >= concurrencyMax',
    to: 'false',
  },
  {
    name: 'limits by key are not looked at',
    file: SLOTS,
    from: 'while (next !== undefined && !keys.admit(next))',
    to: 'while (false)',
  },
  {
    name: 'who stepped aside is forgotten',
    file: SLOTS,
    from: 'if (next !== undefined)\n            slot.queue.push(next);',
    to: '',
  },
  {
    name: 'the journal is not sent along when it is wanted',
    file: OUTCOMES,
    from: 'node.changeProgress().needsJournal = true;',
    to: '',
  },
  {
    name: 'results in the journal are in the wrong order',
    file: RUN_PAYLOADS,
    from: 'received: ordinals.map(() => results.next().value)',
    to: 'received: ordinals.map(() => results.next().value).reverse().slice(0, 1)',
  },
  {
    name: 'a request that is repeated records its calls again',
    file: TENANT_CALLS,
    from: 'claim?.existing.has(id) || ended.isUsed(id) === true',
    to: 'false',
  },
  {
    name: 'an id is free again while the end of its call is being recorded',
    file: ENDED,
    from: 'this.#undurable.has(id) || ',
    to: '',
  },
  {
    name: 'an id is free again when its call has ended',
    file: ENDED,
    from: ' || this.#newer.has(id)',
    to: '',
  },
  {
    name: 'after a restart every id that grows is free',
    file: LIFE,
    from: 'ended.startAbove(',
    to: 'void (',
  },
  {
    name: 'a coroutine in memory is resumed whatever its state',
    file: WARM,
    from: '!isEqual(warm.token, state.token)',
    to: 'false',
  },
  {
    name: 'a rebuild does not wait until the handler is idle',
    file: REPLAY,
    from: 'await reach(stepsExpected);',
    to: '',
  },
  {
    name: 'a rebuilt coroutine is not checked against the recorded steps',
    file: COROUTINE,
    from: 'this.#log.expect(recorded);',
    to: '',
  },
  {
    name: 'a tree keeps its turn as long as it has calls',
    file: QUEUE,
    from: 'if (successor !== undefined)\n            this.#last = successor;',
    to: '',
  },
  {
    name: 'a tree that is new goes before all others',
    file: QUEUE,
    from: 'this.#last.nextTree = item;\n        this.#last = item;',
    to: 'this.#last.nextTree = item;\n        else\n            this.#last = item;',
  },
  {
    name: 'a function that an endpoint does not know ends the call at once',
    file: ATTEMPTS,
    from: "if (failure.source !== 'function')",
    to: 'if (true)',
  },
  {
    name: 'calls that were withdrawn cost their tree a turn each',
    file: QUEUE,
    from: 'return head;\n            this.#skipHead();',
    to: 'return head;\n            this.#last.next.trees.dropHead();',
  },
]
