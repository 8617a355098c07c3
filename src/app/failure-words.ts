/**
 * What a failure says, by its code: what happened, why it is likely, and which verbs help. The engine's own sentence, which knows
 * the names and numbers, follows as the detail. A screen offers those of the verbs that it can carry out.
 */
import type { ErrorCode } from '../base/errors';
import type { words } from './words';
import { inLanguage } from './language/in-language';

export type Verb = keyof typeof words.failure.verbs;

export interface FailureWords {
  readonly title: string;
  /** Why it is likely, and what was done about it; empty where the engine's sentence says it all. */
  readonly text: string;
  readonly verbs: readonly Verb[];
}

export const FAILURE_WORDS: Readonly<Record<ErrorCode, FailureWords>> = {
  'QS-GPU-01': {
    title: 'This browser has no WebGPU.',
    text: 'You can read the precomputed comparison and every stored or shared result; running methods needs WebGPU. Chrome or Edge 113+, Safari 26+ and Firefox 141+ have it; on Linux take a current one, and where it still has none, its settings may switch it on (Firefox: dom.webgpu.enabled in about:config).',
    verbs: ['show'],
  },
  'QS-GPU-02': {
    title: 'WebGPU is here, but no graphics adapter answered.',
    text: 'Hardware acceleration may be off, the driver may be blocked, this may be a remote desktop, or a phone whose GPU is not supported yet.',
    verbs: ['retry', 'show'],
  },
  'QS-GPU-03': {
    title: 'A layer needs more than this GPU allows.',
    text: 'Nothing was lost. Shorter windows, where it is those, or another GPU may do.',
    verbs: ['recipe'],
  },
  'QS-GPU-04': {
    title: 'The GPU was reset.',
    text: 'Long tasks, low memory, sleep or a driver update can cause this. Finished layers are saved.',
    verbs: ['resume', 'recipe'],
  },
  'QS-GPU-05': {
    title: 'Out of GPU memory.',
    text: 'Finished layers are saved.',
    verbs: ['resume', 'recipe'],
  },
  'QS-STO-01': {
    title: 'Browser storage is full.',
    text: 'Nothing that was stored is lost.',
    verbs: ['storage', 'inspect', 'retry'],
  },
  'QS-STO-03': {
    title: 'The saved copy of this model is gone: the browser removed it.',
    text: 'Your results are still here. Drop the same files again to continue; we check that they match.',
    verbs: ['library'],
  },
  'QS-FILE-01': {
    title: 'These weights are stored in a type we cannot compute with.',
    text: 'We compute with F32, F16, BF16 and F64.',
    verbs: ['files', 'inspect'],
  },
  'QS-FILE-02': {
    title: 'We do not know how to run this architecture yet.',
    text: 'Methods that need no data (RTN, k-means VQ) work wherever there are weight matrices.',
    verbs: ['files', 'recipe'],
  },
  'QS-FILE-03': {
    title: 'The file is incomplete or contradicts itself.',
    text: '',
    verbs: ['files'],
  },
  'QS-FILE-04': {
    title: 'This is not a file we can open.',
    text: 'Weights are read from safetensors, PyTorch (.bin, .pt, .pth, without running what is in them) and NumPy (.npz, .npy) files.',
    verbs: ['files'],
  },
  'QS-FILE-05': {
    title: 'This is a Git LFS pointer, not the weights.',
    text: 'Download the real file, with git lfs pull or the site’s download button.',
    verbs: ['files'],
  },
  'QS-FILE-06': {
    title: 'A part of the model is missing.',
    text: 'Drop all parts together, with the index file.',
    verbs: ['files'],
  },
  'QS-FILE-07': {
    title: 'These files do not fit together.',
    text: 'The config.json or the images may belong to another model.',
    verbs: ['files', 'inspect'],
  },
  'QS-FILE-08': {
    title: 'The tokenizer is missing or cannot be read.',
    text: 'Text needs tokenizer.json beside the weights; random tokens do without.',
    verbs: ['files', 'recipe'],
  },
  'QS-FILE-09': {
    title: 'There is too little to calibrate with.',
    text: 'Add a longer text or more images, or use fewer or shorter windows.',
    verbs: ['recipe'],
  },
  'QS-FILE-10': {
    title: 'This file is larger than the studio can hold.',
    text: '',
    verbs: ['files'],
  },
  'QS-FILE-20': { title: 'This file goes with a model.', text: '', verbs: ['library'] },
  'QS-RUN-01': { title: 'This cannot be done with the run as it stands.', text: '', verbs: ['resume', 'recipe'] },
  'QS-RUN-02': {
    title: 'We cannot resume this run: something it depends on has changed.',
    text: 'Resuming would mix two different runs. Run the recipe again; the stopped run stays in the library until you delete it.',
    verbs: ['recipe'],
  },
  'QS-RUN-03': {
    title: 'Another tab is working on this run.',
    text: 'Close it there, or wait until it has finished.',
    verbs: ['retry'],
  },
  'QS-NUM-01': {
    title: 'A Hessian is not positive definite.',
    text: 'The likely cause is too little calibration text for the width of the layer. More text, or more damping, helps.',
    verbs: ['recipe'],
  },
  'QS-NUM-02': {
    title: 'A value is not a number.',
    text: 'An overflow in the model’s own activations is likely, or weights that are damaged.',
    verbs: ['recipe'],
  },
  'QS-RECIPE-01': { title: 'The recipe asks for something this run cannot do.', text: '', verbs: ['recipe'] },
  'QS-LINK-01': {
    title: 'This link is damaged or from a newer version.',
    text: 'Nothing has changed: the recipe is as it was before.',
    verbs: [],
  },
  'QS-APP-01': {
    title: 'Something broke in the studio.',
    text: 'Your files and results are safe.',
    verbs: ['retry', 'reload'],
  },
};

await inLanguage({ FAILURE_WORDS }, { 'zh-CN': () => import('./language/first.zh-CN') });
