/** The table of methods: a new one is its face in catalogue.ts, its file beside this one, and its line here. */
import { gptaq } from './gptaq';
import { gptq } from './gptq';
import { gptvq } from './gptvq';
import { kmeans } from './kmeans';
import type { Method } from './layer';
import { gptqR, rescomp } from './rescomp';
import { rtn } from './rtn';
import { shift } from './shift';
import {
  adaround,
  autoround,
  blockAp,
  lsq,
  omniquant,
  serialToParallel,
  ssvq,
  vimvq,
  vq4all,
  vq4dit,
} from './trained/methods';
import { faceOf } from './catalogue';
import { type MethodId } from './face';

export const METHODS: Readonly<Record<MethodId, Method>> = {
  rtn,
  gptq,
  gptaq,
  gptq_r: gptqR,
  rescomp,
  shift,
  kmeans,
  gptvq,
  vq4dit,
  ssvq,
  vimvq,
  vq4all,
  serial_to_parallel: serialToParallel,
  adaround,
  autoround,
  block_ap: blockAp,
  omniquant,
  lsq,
};

/** Throws on an unknown id, naming those there are. */
export function methodOf(id: string): Method {
  const { id: known } = faceOf(id);
  if (known === 'none') throw new Error('bug: weights that are kept were to be quantized');
  return METHODS[known];
}
