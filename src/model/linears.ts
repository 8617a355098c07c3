/**
 * The linear layers of a checkpoint, in the order in which their number names them in plans and in storage: one answer for inspecting,
 * quantizing, exporting and viewing. Where the architecture is known it says; elsewhere the rule of tensor-kinds.ts does, and a matrix
 * is laid out, in this order, as
 *   - a `kernel` of Flax or Keras: inputs × outputs;
 *   - its own bias tells, whose length is the number of outputs;
 *   - the other matrices' biases tell, where they all agree;
 *   - outputs × inputs, as PyTorch's nn.Linear stores it.
 */
import { isStudioError } from '../base/errors';
import { isDtype, isWeightDtype } from '../checkpoint/dtype';
import { openNetwork, type AnyNetwork } from './architecture';
import type { Linear, Network, WeightSource } from './model';
import { hasExperts, kindOf } from './tensor-kinds';

type Layout = Linear['layout'];

/** Throws what openNetwork throws, but for an unknown architecture. */
export function linearsOf(source: WeightSource): readonly Linear[] {
  const { network } = networkOrLimitation(source);
  return network ? linearsIn(network) : linearsByRule(source);
}

/** A network's, block by block and stage by stage. */
export function linearsIn({ blocks }: Pick<Network, 'blocks'>): readonly Linear[] {
  return blocks.flatMap(({ stages }) => stages.flatMap(({ linears }) => linears));
}

/** The network, or the sentence that says why only weight-only methods work. */
export function networkOrLimitation(
  source: WeightSource,
): { network: AnyNetwork; limitation: null } | { network: null; limitation: string } {
  try {
    return { network: openNetwork(source), limitation: null };
  } catch (error) {
    if (!isStudioError(error) || error.code !== 'QS-FILE-02') throw error;
    return { network: null, limitation: error.message };
  }
}

/** The matrices that are linear layers by the rule, in the order of their names with numbers counted as numbers. */
export function linearsByRule({ tensors }: Pick<WeightSource, 'tensors'>): Linear[] {
  const experts = hasExperts(tensors);
  const matrices = [...tensors]
    .filter(([, { dtype }]) => isDtype(dtype) && isWeightDtype(dtype))
    .filter(([name, { shape }]) => kindOf(name, shape, experts) === null)
    .map(([name, { shape }]) => ({ name, shape, told: toldLayout(tensors, name, shape) }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const told = new Set(matrices.flatMap((matrix) => matrix.told ?? []));
  const otherwise: Layout = told.size === 1 ? [...told][0] : 'out-in';
  return matrices.map(({ name, shape, told: own }, index): Linear => {
    const layout = own ?? otherwise;
    const [rows, cols] = layout === 'out-in' ? shape : [shape[1], shape[0]];
    return { index, name: moduleOf(name), weight: name, bias: null, rows, cols, layout, role: 'fc' };
  });
}

/** The block that a layer of an unknown architecture lies in: the first number in its name. */
export function blockIn(name: string): number {
  return Number(/(?:^|[._/])(\d+)(?=[._/]|$)/.exec(name)?.[1] ?? 0);
}

function moduleOf(name: string): string {
  return name.replace(/[./](weight|kernel)$/, '');
}

function toldLayout(tensors: WeightSource['tensors'], name: string, shape: readonly number[]): Layout | null {
  if (/(^|[./])kernel$/.test(name)) return 'in-out';
  const bias = tensors.get(name.replace(/weight$/, 'bias'))?.shape;
  const [first, second] = shape;
  if (!name.endsWith('weight') || bias?.length !== 1 || first === second) return null;
  if (bias[0] === first) return 'out-in';
  return bias[0] === second ? 'in-out' : null;
}
