/** The table of commands. */
import type { Command } from '../command';
import { adapter } from './adapter';
import { allocate } from './allocate';
import { evaluate } from './evaluate';
import { generate } from './generate';
import { inspect } from './inspect';
import { layer } from './layer';
import { mix } from './mix';
import { papers } from './papers';
import { quantize } from './quantize';
import { results } from './results';
import { sample } from './sample';

export const COMMANDS: readonly Command[] = [
  inspect,
  layer,
  quantize,
  papers,
  allocate,
  mix,
  evaluate,
  generate,
  results,
  sample,
  adapter,
];
