/** What a method shows of itself: what the menu, the method card, the recipe's validation and the command line read. */
import type { Options, Parameters } from './parameters';

/** The number format that a method's layers come out in: families.ts says what follows from it. */
export type FamilyId = 'affine' | 'codebook' | 'kept';

/**
 * faithful: agrees with the published code or follows the paper in every step that matters; simplified: leaves out a part that the page
 * names; proxy: another objective stands in for the paper's (a layer's error for the task's loss); own: not a published method.
 */
export type Fidelity = 'faithful' | 'simplified' | 'proxy' | 'own';

export interface MethodFace {
  readonly id: MethodId | 'none';
  readonly family: FamilyId;
  /** As papers write it. */
  readonly title: string;
  /** The idea in one sentence. */
  readonly idea: string;
  /** The update rule in plain text with the symbols of ARCHITECTURE.md; empty for RTN. */
  readonly formula: string;
  readonly citation: { readonly text: string; readonly url: string | null; readonly bibtex: string };
  /** Which calibration data the work asks for. */
  readonly needs: {
    readonly hessian: boolean;
    readonly drift: boolean;
    /** Other networks to share a codebook with; it works without. */
    readonly networks?: boolean;
  };
  /**
   * Whether it trains layers together, step by step (Method.train), unless its option `proxy` is set; 'trajectories': always the whole
   * network, along a diffusion network's ways from noise to pictures.
   */
  readonly trains?: boolean | 'trajectories';
  /** How far the implementation is from the published one, in one sentence. */
  readonly fidelity: { readonly label: Fidelity; readonly why: string };
  readonly parameters: Parameters;
}

/** What a method trains at once with such options; null where it goes layer by layer. */
export function trainedAtOnce({ trains }: Pick<MethodFace, 'trains'>, options: Options): 'block' | 'network' | null {
  if (trains === 'trajectories') return 'network';
  if (trains !== true || options.proxy === true) return null;
  return options.wholeNetwork === true ? 'network' : 'block';
}

/** One of the catalogue. */
export type ListedMethod = MethodFace & { readonly id: MethodId };

export type MethodId =
  | 'rtn'
  | 'gptq'
  | 'gptaq'
  | 'gptq_r'
  | 'rescomp'
  | 'shift'
  | 'kmeans'
  | 'gptvq'
  | 'vq4dit'
  | 'ssvq'
  | 'vimvq'
  | 'vq4all'
  | 'serial_to_parallel'
  | 'adaround'
  | 'autoround'
  | 'block_ap'
  | 'omniquant'
  | 'lsq';
