/** All Chinese words that the first screen waits for, in one file: each would be waited for by itself. */
export { coverageWords } from '../coverage-words.zh-CN';
export { FAILURE_WORDS } from '../failure-words.zh-CN';
export { ledgerWords } from '../ledger-words.zh-CN';
export { recipeShort } from '../recipe-words.zh-CN';
export { words } from '../words.zh-CN';
export { said } from './tables.zh-CN';
