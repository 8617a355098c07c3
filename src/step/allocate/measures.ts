/**
 * What a layer is predicted to lose with each candidate, Ω_ℓ(b), Δ = Ŵ − W by plain rounding:
 *
 *   hessian  tr(ΔHΔᵀ), H = XᵀX / tokens: the mean square that its outputs move by, summed over outputs
 *   output   the same relative to the outputs' own, tr(WHWᵀ)
 *   weight   t² = ‖Δ‖² / ‖W‖², of no data
 *   kl       KL(full precision ‖ this layer alone rounded) of the network's outputs: ZeroQ (arXiv:2001.00281), and up to its solver
 *            TensorRT Model Optimizer's KL search
 *   upgrade  the same around the network with every layer at its least width, above the layer's smallest: what each candidate leaves of
 *            what raising this layer alone can save (exllamav3's measure of finished models)
 *   gradient ½ Σ (γ ∘ Δx)² a token, γ the gradient at the layer's outputs: kl to second order without the terms between outputs, which is
 *            Model Optimizer's gradient search (there without the ½, and by the data's labels)
 *   trace    Tr(F) / n · ‖Δ‖² of the n weights, times ½: HAWQ-V2 (arXiv:1911.03852), with the Fisher information's trace from the labels
 *            that the network draws in the place of Hutchinson's probes of the loss's Hessian
 *
 * Layers of different place are commensurable by kl, upgrade, gradient and trace; the others leave out how much of an error arrives at the end.
 */
import type { Options } from '../../method/parameters';
import { hawqLoss } from '../../numerics/curvature';
import type { ErrorSums, LayerLosses, Probe, RoundedSums } from '../step';
import type { Measure } from './measure-names';

type Losses = (probe: Probe, options: Options) => AsyncGenerator<LayerLosses>;

export const LOSSES: Readonly<Record<Measure, Losses>> = {
  hessian: (probe) => ofInputs(probe, ({ output }) => output.error),
  output: (probe) => ofInputs(probe, ({ output }) => relative(output)),
  async *weight(probe) {
    for await (const { linear, sums } of probe.weights()) {
      yield { linear, losses: sums.map(({ weight }) => relative(weight)) };
    }
  },
  async *kl(probe, { windows }) {
    for await (const { linear, divergence } of probe.swapped(Number(windows))) {
      // Of distributions it cannot be negative; where they are equal, sums in f32 may come out as so.
      yield { linear, losses: divergence.map((value) => Math.max(0, value)) };
    }
  },
  async *upgrade(probe, { windows }) {
    for await (const { linear, divergence } of probe.swapped(Number(windows), 'least')) {
      const least = Math.min(...divergence);
      yield { linear, losses: divergence.map((value) => value - least) };
    }
  },
  async *gradient(probe, { windows }) {
    for await (const { linear, effects } of probe.gradients(Number(windows))) {
      yield { linear, losses: effects.map(({ outputs }) => outputs) };
    }
  },
  async *trace(probe, { windows }) {
    for await (const { linear, trace, effects } of probe.gradients(Number(windows))) {
      yield { linear, losses: effects.map(({ weights }) => hawqLoss(trace, linear.rows * linear.cols, weights)) };
    }
  },
};

async function* ofInputs(probe: Probe, loss: (sums: RoundedSums) => number): AsyncGenerator<LayerLosses> {
  for await (const { linear, sums } of probe.inputs()) yield { linear, losses: sums.map(loss) };
}

/** Of nothing, nothing is lost. */
function relative({ error, size }: ErrorSums): number {
  return error === 0 ? 0 : error / size;
}
