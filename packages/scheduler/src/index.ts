export { createUuidv7, type Uuidv7Sources } from './uuidv7.js'
