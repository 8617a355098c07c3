/**
 * Every method's face: what the menu, the method card, the recipe's validation and the command line read. The work itself is in
 * one file a method beside this one, bound to its face in table.ts, so that the page can list methods without loading the engine.
 *
 * Those here are listed from the start; listed.ts adds those that the page's first paint does without.
 */
import { GPTVQ_PARAMETERS, KMEANS_PARAMETERS } from './codebook-parameters';
import { TRAINED_FACES } from './trained/faces';
import { ALPHA, ALPHA2, COMPENSATION_PARAMETERS, GRID_PARAMETERS } from './parameters';
import type { ListedMethod, MethodFace } from './face';

const ALL = { ...GRID_PARAMETERS, ...COMPENSATION_PARAMETERS };

const listed: ListedMethod[] = [
  {
    id: 'rtn',
    family: 'affine',
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
    family: 'affine',
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
    family: 'affine',
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
    family: 'affine',
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
    family: 'affine',
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
    family: 'affine',
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
  {
    id: 'kmeans',
    family: 'codebook',
    title: 'k-means VQ',
    idea: 'Replace each run of neighbouring weights by the nearest of K codewords, found by k-means on the weights alone.',
    formula: 'a_i = argmin_k Σ_j m_j (v_ij − c_kj)²,  c_k = Σ_{a_i = k} m v_i / Σ_{a_i = k} m',
    citation: {
      text: 'Gersho, Gray: Vector Quantization and Signal Compression, 1992; for network weights Stock et al.: And the Bit Goes Down: Revisiting the Quantization of Neural Networks, ICLR 2020.',
      url: 'https://arxiv.org/abs/1907.05686',
      bibtex:
        "@inproceedings{stock2020bit, title={And the Bit Goes Down: Revisiting the Quantization of Neural Networks}, author={Stock, Pierre and Joulin, Armand and Gribonval, R{'e}mi and Graham, Benjamin and J{'e}gou, Herv{'e}}, booktitle={ICLR}, year={2020}}",
    },
    needs: { hessian: false, drift: false },
    fidelity: {
      label: 'faithful',
      why: 'Lloyd’s algorithm with k-means++ starts; of the network paper only the clustering, not the distillation that follows it.',
    },
    parameters: KMEANS_PARAMETERS,
  },
  {
    id: 'gptvq',
    family: 'codebook',
    title: 'GPTVQ',
    idea: 'GPTQ with codebooks: fit them to a group of columns as it stands, quantize d columns at once, and move the error onto the rest.',
    formula:
      'a = argmin_k ‖(w − c_k) A‖,  E_P = (w − c_a) B,  W[:,>P] −= E_P · U[P,>P];  released: A = diag(U)^−½, B = diag(U)⁻¹; exact: A = B = U_PP⁻¹',
    citation: {
      text: 'van Baalen, Kuzmin, Koryakovskiy, Nagel, Couperus, Bastoul, Mahurin, Blankevoort, Whatmough: GPTVQ: The Blessing of Dimensionality for LLM Quantization, 2024.',
      url: 'https://arxiv.org/abs/2402.15319',
      bibtex:
        '@misc{vanbaalen2024gptvq, title={GPTVQ: The Blessing of Dimensionality for LLM Quantization}, author={van Baalen, Mart and Kuzmin, Andrey and Koryakovskiy, Ivan and Nagel, Markus and Couperus, Peter and Bastoul, Cedric and Mahurin, Eric and Blankevoort, Tijmen and Whatmough, Paul}, year={2024}, eprint={2402.15319}, archivePrefix={arXiv}}',
    },
    needs: { hessian: true, drift: false },
    fidelity: {
      label: 'faithful',
      why: 'The variant “released” gives the published code’s weights on a recorded layer; its SVD of scalar codebooks is left out.',
    },
    parameters: GPTVQ_PARAMETERS,
  },
  ...TRAINED_FACES,
];

/** Those that are listed so far. */
export const CATALOGUE: readonly ListedMethod[] = listed;

/** Lists further ones behind these, each once. */
export function alsoListed(faces: readonly ListedMethod[]): void {
  listed.push(...faces.filter((face) => !listed.includes(face)));
}

/** Of rows, and of layers, that keep their weights: no method, and in no menu. */
export const KEPT: MethodFace = {
  id: 'none',
  family: 'kept',
  title: 'Weights as they are',
  idea: 'Weights stay as the row’s transforms leave them.',
  formula: '',
  citation: { text: '', url: null, bibtex: '' },
  needs: { hessian: false, drift: false },
  fidelity: { label: 'faithful', why: 'Nothing is done.' },
  parameters: {},
};

/** A method's face by its id. Throws on an unknown one, naming those there are. */
export function faceOf(id: string): MethodFace {
  const face = id === KEPT.id ? KEPT : CATALOGUE.find((method) => method.id === id);
  if (!face) {
    throw new Error(`there is no method "${id}": choose one of ${CATALOGUE.map((method) => method.id).join(', ')}`);
  }
  return face;
}
