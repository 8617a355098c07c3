/** The table of commands. */
import type { Command } from '../command';
import { adapter } from './adapter';
import { layer } from './layer';

export const COMMANDS: readonly Command[] = [layer, adapter];
