/**
 * Every method's face: what the menu, the method card, the recipe's validation and the command line read. The work itself is in
 * one file a method beside this one, bound to its face in table.ts, so that the page can list methods without loading the engine.
 */
import { ALPHA, ALPHA2, COMPENSATION_PARAMETERS, GRID_PARAMETERS, type Parameters } from './parameters';

export interface MethodFace {
  readonly id: MethodId;
  /** As papers write it. */
  readonly title: string;
  /** The idea in one sentence. */
  readonly idea: string;
  /** The update rule in plain text with the symbols of ARCHITECTURE.md; empty for RTN. */
  readonly formula: string;
  readonly citation: { readonly text: string; readonly url: string | null; readonly bibtex: string };
  /** Which calibration data the work asks for. */
  readonly needs: { readonly hessian: boolean; readonly drift: boolean };
  /** How far the implementation is from the published one, in one sentence. */
  readonly fidelity: { readonly label: 'faithful' | 'own'; readonly why: string };
  readonly parameters: Parameters;
}

export type MethodId = 'rtn' | 'gptq' | 'gptaq' | 'gptq_r' | 'rescomp' | 'shift';

const ALL = { ...GRID_PARAMETERS, ...COMPENSATION_PARAMETERS };

export const CATALOGUE: readonly MethodFace[] = [
  {
    id: 'rtn',
    title: 'RTN',
    idea: 'Round every weight to the nearest level of its own row or group; no data.',
    formula: 'q = s · (clamp(round(w / s) + z, 0, 2ᵇ − 1) − z)',
    citation: { text: 'Round-to-nearest, the baseline of every paper in the field.', url: null, bibtex: '' },
    needs: { hessian: false, drift: false },
    fidelity: { label: 'faithful', why: 'The weight quantizer of the GPTAQ release, group by group.' },
    parameters: GRID_PARAMETERS,
  },
  {
    id: 'gptq',
    title: 'GPTQ',
    idea: 'Quantize column by column and move each rounding error onto the columns still to come, by the inverse Hessian.',
    formula: 'W[:,>q] −= (w − q) / U_qq · U[q,>q]',
    citation: {
      text: 'Frantar, Ashkboos, Hoefler, Alistarh: GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers, ICLR 2023.',
      url: 'https://arxiv.org/abs/2210.17323',
      bibtex:
        '@inproceedings{frantar2023gptq, title={GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers}, author={Frantar, Elias and Ashkboos, Saleh and Hoefler, Torsten and Alistarh, Dan}, booktitle={ICLR}, year={2023}}',
    },
    needs: { hessian: true, drift: false },
    fidelity: { label: 'faithful', why: 'Agrees with the published code on recorded layers (≥ 99 % of the codes).' },
    parameters: ALL,
  },
  {
    id: 'gptaq',
    title: 'GPTAQ',
    idea: 'GPTQ that also compensates how far the quantized layer’s inputs have drifted from the full-precision ones.',
    formula: 'W[:,>q] −= (w − q) / U_qq · U[q,>q] − α · w · P[q,>q],  P = triu₁(D Uᵀ) U',
    citation: {
      text: 'Li et al.: GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric Calibration, ICML 2025.',
      url: 'https://arxiv.org/abs/2504.02692',
      bibtex:
        '@inproceedings{li2025gptaq, title={GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric Calibration}, author={Li, Yuhang and others}, booktitle={ICML}, year={2025}}',
    },
    needs: { hessian: true, drift: true },
    fidelity: {
      label: 'faithful',
      why: 'Agrees with the published code on recorded layers; its α = 0.25 is in the code and not in the paper.',
    },
    parameters: { ...ALL, alpha: ALPHA },
  },
  {
    id: 'gptq_r',
    title: 'GPTQ+R',
    idea: 'GPTQ whose error also counts how far the weight has already moved from its original (ResComp’s residual).',
    formula: 'W[:,>q] −= ((w − q) + α2 (w₀ − w)) / U_qq · U[q,>q]',
    citation: {
      text: 'Rethinking Residual Errors in Compensation-based LLM Quantization (ResComp), 2026.',
      url: 'https://arxiv.org/abs/2604.07955',
      bibtex:
        '@misc{rescomp2026, title={Rethinking Residual Errors in Compensation-based LLM Quantization}, year={2026}, eprint={2604.07955}, archivePrefix={arXiv}}',
    },
    needs: { hessian: true, drift: false },
    fidelity: {
      label: 'faithful',
      why: 'The GPTAQ+R release with the full-precision inputs replaced by the quantized ones; the release of GPTQ+R itself is not public.',
    },
    parameters: { ...ALL, alpha2: ALPHA2 },
  },
  {
    id: 'rescomp',
    title: 'ResComp',
    idea: 'GPTAQ+R: GPTAQ that keeps the original weight’s output as its target throughout.',
    formula: 'W[:,>q] −= ((w − q) + α2 (w₀ − w)) / U_qq · U[q,>q] − (α w + α2 (w₀ − w)) · P[q,>q]',
    citation: {
      text: 'Rethinking Residual Errors in Compensation-based LLM Quantization (ResComp), 2026.',
      url: 'https://arxiv.org/abs/2604.07955',
      bibtex:
        '@misc{rescomp2026, title={Rethinking Residual Errors in Compensation-based LLM Quantization}, year={2026}, eprint={2604.07955}, archivePrefix={arXiv}}',
    },
    needs: { hessian: true, drift: true },
    fidelity: { label: 'faithful', why: 'Agrees with the published code (GPTAQ+R) on recorded layers.' },
    parameters: { ...ALL, alpha: ALPHA, alpha2: ALPHA2 },
  },
  {
    id: 'shift',
    title: 'Shift',
    idea: 'First move the weight to the least-squares answer for the drifted inputs, then plain GPTQ.',
    formula: 'W* = W + α · W D Hd⁻¹, then GPTQ on W*',
    citation: { text: 'The studio’s own, related to Qronos (2025).', url: null, bibtex: '' },
    needs: { hessian: true, drift: true },
    fidelity: { label: 'own', why: 'Not a published method: the studio’s own closed-form start, related to Qronos.' },
    parameters: {
      ...ALL,
      alpha: { ...ALPHA, default: 0.5, help: 'Share of the least-squares shift that is applied.' },
    },
  },
];

/** A method's face by its id. Throws on an unknown one, naming those there are. */
export function faceOf(id: string): MethodFace {
  const face = CATALOGUE.find((method) => method.id === id);
  if (!face) {
    throw new Error(`there is no method "${id}": choose one of ${CATALOGUE.map((method) => method.id).join(', ')}`);
  }
  return face;
}
