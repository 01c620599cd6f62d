/** One deliberate bug: what compiled file, what text in it (exactly once), and what is there instead. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const KERNEL = 'packages/scheduler/dist/kernel/kernel.js'
const QUEUE = 'packages/scheduler/dist/kernel/limits/fair-queue.js'
const SLOTS = 'packages/scheduler/dist/kernel/limits/slots.js'
const RETRY = 'packages/scheduler/dist/kernel/retry-policy.js'
const NODE = 'packages/scheduler/dist/kernel/node/call-node.js'
const DRIVER = 'packages/scheduler/dist/driver/driver.js'
const SCHEDULER = 'packages/scheduler/dist/scheduler.js'
const ENDED = 'packages/scheduler/dist/calls/ended-calls.js'
const RUN_PAYLOADS = 'packages/scheduler/dist/runs/run-payloads.js'
const WARM = 'packages/core/dist/coroutine/warm-coroutines.js'
const REPLAY = 'packages/core/dist/coroutine/replay/replay.js'
const COROUTINE = 'packages/core/dist/coroutine/life/coroutine.js'

/** Bugs that somebody could write. The simulation has to find every one of them. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a dispatch is acknowledged before its commit',
    file: SCHEDULER,
    from: 'admitted.submitted();\n        await this.#driver.durable();',
    to: 'admitted.submitted();',
  },
  {
    name: 'effects do not wait for the commit',
    file: DRIVER,
    from: 'if (mayRunEarly(effect) && this.#isEarly(effect))',
    to: 'if (true)',
  },
  {
    name: 'a commit that fails is forgotten',
    file: DRIVER,
    from: "if (this.#isStopped || error.status !== 'temporary') {\n                    cancelRefusal?.();\n                    this.break(error);",
    to: 'if (true) {',
  },
  {
    name: 'children start early at endpoints in other processes, too',
    file: SCHEDULER,
    from: 'isLocal(effect.endpoint))',
    to: 'true)',
  },
  {
    name: 'results are delivered twice',
    file: NODE,
    from: 'this.inbox?.splice(0, this.delivering)',
    to: 'this.inbox?.slice(0, this.delivering)',
  },
  {
    name: 'results that were not delivered are dropped with those that were',
    file: NODE,
    from: 'this.inbox?.splice(0, this.delivering)',
    to: 'this.inbox?.splice(0)',
  },
  {
    name: 'a back-off is not taken up after a restart',
    file: KERNEL,
    from: 'this.#schedule(node, this.#restoredDueAtMs(node));\n            else',
    to: ';\n            else',
  },
  {
    name: 'a suspended call is not looked at after a restart',
    file: KERNEL,
    from: 'else\n                this.#suspend(node);',
    to: 'else\n                ;',
  },
  {
    name: 'a pending call is not queued after a restart',
    file: KERNEL,
    from: "if (node.state === 'pending')\n                this.#slots.enqueue(node);",
    to: "if (node.state === 'pending')\n                ;",
  },
  {
    name: 'children that ended before a restart are forgotten',
    file: KERNEL,
    from: 'parent.receive({ ordinal, correlationId, isFailure: isFailure(child.statusCode) });',
    to: ';',
  },
  {
    name: 'children that go on after a restart are not linked to their parent',
    file: KERNEL,
    from: 'if (parent !== undefined && parent.restarts === node.parentRestarts)\n                this.#adopt(parent, node);',
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
  { name: 'a cancel is lost', file: KERNEL, from: "this.#endTree(node, 'canceled');\n    }", to: ';\n    }' },
  {
    name: 'expiration is forgotten',
    file: KERNEL,
    from: 'this.#timers.add(node.expiresAtMs, node);\n        if (call.delayMs > 0)',
    to: ';\n        if (call.delayMs > 0)',
  },
  {
    name: 'a call that ends stays with its parent as open',
    file: KERNEL,
    from: 'parent.open?.delete(node);',
    to: '',
  },
  {
    name: 'a restart keeps the results of before',
    file: NODE,
    from: 'this.inbox = undefined;\n        this.inboxFailures = 0;',
    to: '',
  },
  {
    name: 'a restart does not number its children anew',
    file: NODE,
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the text of a template
    from: 'parentRestarts === 0 ? `${parentId}/${ordinal}`',
    to: 'parentRestarts >= 0 ? `${parentId}/${ordinal}`',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the text of a template
  },
  {
    name: 'a tail call does not record its input',
    file: KERNEL,
    from: 'call: recordOf(node), input: call.input, state: null',
    to: 'call: recordOf(node), state: null',
  },
  {
    name: 'a poll does not record its state',
    file: KERNEL,
    from: 'state: poll.state,',
    to: '',
  },
  {
    name: 'polls are not counted',
    file: KERNEL,
    from: 'node.polls += 1;',
    to: '',
  },
  {
    name: 'a slot is not given back',
    file: KERNEL,
    from: 'this.#slots.release(node);\n        node.run = 0;',
    to: 'node.run = 0;',
  },
  {
    name: 'a slot of a run that was aborted is not given back',
    file: KERNEL,
    from: 'this.#slots.release(node);\n                this.#effects.push',
    to: 'this.#effects.push',
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
    from: 'while (next !== undefined && !keys.admits(next))',
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
    file: KERNEL,
    from: 'node.withJournal = true;',
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
    file: SCHEDULER,
    from: '!known?.exists.has(id) && this.#ended.isUsed(id) !== true',
    to: 'true',
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
    file: SCHEDULER,
    from: 'this.#ended.startAbove(',
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
    from: 'if (heir !== undefined)\n            this.#last = heir;',
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
    file: KERNEL,
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
