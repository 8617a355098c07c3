/**
 * A view of a network: the same function from other tensors. What preserves the function is a view; what approximates it never is. Views
 * are made of changes, each of which may edit tensors, name new ones, and change the plan; linear layers keep name, number, rows and
 * columns. Tensors are made as they are read, from the checkpoint's, in float64 (edits.ts).
 */
import type { HadamardFactors } from '../../numerics/hadamard';
import type { Matrix } from '../../numerics/matrix';
import type { AnyNetwork } from '../architecture';
import type { Place } from '../hooks';
import type { WeightSource } from '../model';
import { edited, isByRows, type Edit, type Shape } from './edits';

/** An exact operation at some place of one block, while the network runs (online.ts): a fast transform, x·(A ⊗ B), or x ⊙ values. */
export type OnlineOp = {
  readonly place: Place;
  readonly block: number;
  readonly stage: number;
} & (
  | { readonly kind: 'hadamard'; readonly factors: HadamardFactors }
  | { readonly kind: 'kronecker'; readonly a: Matrix; readonly b: Matrix }
  /** One for each channel. */
  | { readonly kind: 'scale'; readonly values: Float32Array }
);

export interface NetworkView<N extends AnyNetwork = AnyNetwork> {
  /** '' is the checkpoint itself. Views with equal keys have equal tensors. */
  readonly key: string;
  readonly network: N;
  readonly source: WeightSource;
  /** What acts while the network runs, of all changes. */
  readonly online: readonly OnlineOp[];
}

export interface ViewChange<N extends AnyNetwork = AnyNetwork> {
  /** What the change is and all that it depends on besides the view that it is of. */
  readonly key: string;
  /** By the tensor's name. */
  readonly edits: ReadonlyMap<string, readonly Edit[]>;
  /** New tensors, each a copy of one that is there; they are edited after it. */
  readonly copies?: ReadonlyMap<string, string>;
  network?(network: N): N;
  readonly online?: readonly OnlineOp[];
}

/** The checkpoint as it is. */
export function plainView<N extends AnyNetwork>(network: N, source: WeightSource): NetworkView<N> {
  return { key: '', network, source, online: [] };
}

export function changed<N extends AnyNetwork>(view: NetworkView<N>, change: ViewChange<N>): NetworkView<N> {
  return {
    key: view.key === '' ? change.key : `${view.key} · ${change.key}`,
    network: change.network?.(view.network) ?? view.network,
    source: ViewedSource.over(view.source, change),
    online: [...view.online, ...(change.online ?? [])],
  };
}

/** Names of all tensors of a view's source that are others than the checkpoint's. */
export function changedTensors(source: WeightSource): string[] {
  return source instanceof ViewedSource ? [...source.tensors.keys()].filter((name) => source.changes(name)) : [];
}

/** Whether any of these tensors is another than the checkpoint's. */
export function touches({ source }: Pick<NetworkView, 'source'>, tensors: readonly string[]): boolean {
  return source instanceof ViewedSource && tensors.some((name) => source.changes(name));
}

/** What a tensor is made of. */
interface Origin {
  /** In the checkpoint. */
  readonly from: string;
  readonly edits: readonly Edit[];
}

class ViewedSource implements WeightSource {
  readonly config: unknown;
  readonly preprocessor: unknown;
  readonly vocabulary: unknown;
  readonly tensors: WeightSource['tensors'];
  /** The last tensor that could only be made as a whole: it is read a tile at a time. */
  #whole: { readonly name: string; readonly values: Float32Array } | null = null;

  static over(source: WeightSource, { edits, copies = new Map<string, string>() }: ViewChange): ViewedSource {
    const [base, origins] =
      source instanceof ViewedSource ? [source.base, new Map(source.origins)] : [source, new Map<string, Origin>()];
    const of = (name: string): Origin => origins.get(name) ?? { from: name, edits: [] };
    for (const [name, from] of copies) origins.set(name, of(from));
    for (const [name, own] of edits) {
      const { from, edits: before } = of(name);
      origins.set(name, { from, edits: [...before, ...own] });
    }
    return new ViewedSource(base, origins);
  }

  private constructor(
    /** The checkpoint's. */
    private readonly base: WeightSource,
    private readonly origins: ReadonlyMap<string, Origin>,
  ) {
    this.config = base.config;
    this.preprocessor = base.preprocessor;
    this.vocabulary = base.vocabulary;
    const tensors = new Map(base.tensors);
    for (const [name, { from }] of origins) tensors.set(name, { shape: this.#shapeOf(from), dtype: 'F32' });
    this.tensors = tensors;
  }

  changes(name: string): boolean {
    const origin = this.origins.get(name);
    return origin !== undefined && (origin.from !== name || origin.edits.length > 0);
  }

  async read(name: string): Promise<Float32Array> {
    const origin = this.origins.get(name);
    if (!origin) return this.base.read(name);
    const values = Float64Array.from(await this.base.read(origin.from));
    return Float32Array.from(edited(values, this.#shapeOf(origin.from), origin.edits));
  }

  async readRange(name: string, first: number, last: number): Promise<Float32Array> {
    const origin = this.origins.get(name);
    if (!origin) return this.base.readRange(name, first, last);
    const shape = this.#shapeOf(origin.from);
    if (!isByRows(origin.edits)) {
      if (this.#whole?.name !== name) this.#whole = { name, values: await this.read(name) };
      return this.#whole.values.slice(first, last);
    }
    // The whole vectors that the range lies in.
    const width = shape[shape.length - 1];
    const [begin, end] = [Math.floor(first / width) * width, Math.ceil(last / width) * width];
    const values = Float64Array.from(await this.base.readRange(origin.from, begin, end));
    return Float32Array.from(edited(values, shape, origin.edits)).slice(first - begin, last - begin);
  }

  #shapeOf(name: string): Shape {
    const info = this.base.tensors.get(name);
    if (!info) throw new Error(`bug: a view of ${name}, which the checkpoint does not have`);
    return info.shape;
  }
}
