/** A network's facts, as steps ask them (network-facts.ts). */
import { taskOf, type AnyNetwork } from '../model/architecture';
import { activationOf } from '../model/mlp';
import { attends } from '../model/model';
import { diagonalPairs } from '../model/view/pairs';
import { residualOf } from '../model/view/residual';
import { canShift } from '../model/view/shifts';
import { separateHead } from '../model/view/rotate';
import { takesMeans } from '../model/view/rotation';
import type { NetworkFacts } from './network-facts';

export function factsOf(network: AnyNetwork): NetworkFacts {
  const { hidden, blocks } = network;
  const [{ plan, stages }] = blocks;
  const stream = residualOf(separateHead(network));
  const heads = (count: number, keyHeads: number, dim: number, rope: boolean) => ({
    heads: count,
    keyHeads,
    dim,
    rope,
  });
  const attention = !attends(plan)
    ? null
    : plan.kind === 'dit'
      ? heads(plan.heads, plan.heads, hidden / plan.heads, false)
      : heads(plan.attention.heads, plan.attention.keyHeads, plan.attention.dim, plan.attention.rope !== null);
  const pairs = diagonalPairs(network);
  const kinds = (of: typeof pairs) => [...new Set(of.map(({ kind }) => kind))];
  return {
    task: taskOf(network),
    blocks: [...new Set(blocks.map((block) => block.plan.kind))],
    hidden,
    attention,
    head:
      taskOf(network) === 'diffusion' || (network as { readonly ends: { readonly head: unknown } }).ends.head !== null,
    causal: plan.kind === 'transformer' && plan.attention.causal,
    inner: stages[stages.length - 1].linears[0].cols,
    activations: [...new Set(blocks.flatMap((block) => activationOf(block) ?? []))],
    noRotation: 'refusal' in stream ? stream.refusal : null,
    means: !('refusal' in stream) && takesMeans(stream),
    pairs: kinds(pairs),
    shifts: kinds(pairs.filter((pair) => canShift(pair, blocks[pair.block]))),
  };
}
