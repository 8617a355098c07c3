/** What each chapter opens with. */
import { RESIDUAL_START, type ResidualValues } from '../../../lesson/residual/fields';

type Set = Partial<ResidualValues>;
const fresh: Set = { t: RESIDUAL_START.t, a: RESIDUAL_START.a, a2: RESIDUAL_START.a2 };

export const RESIDUAL_SETS: readonly Set[] = [
  { ...fresh, m: 'rtn', s: 0, v: ['q', 'error'] },
  { ...fresh, m: 'rtn', s: 12, v: ['error'] },
  { ...fresh, m: 'gptq', s: 2, v: ['vectors', 'update'] },
  { ...fresh, m: 'gptq', s: 0, v: [] },
  { ...fresh, m: 'gptaq', s: 2, v: ['vectors', 'update'] },
  { ...fresh, m: 'rescomp', s: 20, v: ['vectors', 'update'] },
  { ...fresh, m: 'rescomp', s: 20, v: ['vectors', 'update'] },
  { ...fresh, m: 'shift', s: 0, v: ['update', 'error'] },
  { ...fresh, m: 'rescomp', s: 48, v: [] },
];

/** The chapters that are about all the seeds, and about the identity. */
export const STRIP_CHAPTER = 9;
export const COLLAPSE_CHAPTER = 7;
