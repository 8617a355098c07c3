/** Elementwise activations (shaders/model/activation.wgsl, gate.wgsl). All map zero to zero, so padding stays zero. */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Tensor } from './tensor';

/** gelu_tanh is GPT-2's "gelu_new"; gelu_erf the exact one. */
export type Activation = 'gelu_tanh' | 'gelu_erf' | 'relu';

const unary = (entry: Activation) =>
  defineKernel({ shader: 'model/activation', entry, buffers: ['read', 'write'], params: { vectors: 'u32' } });
const UNARY = { gelu_tanh: unary('gelu_tanh'), gelu_erf: unary('gelu_erf'), relu: unary('relu') };

const GATE = defineKernel({
  shader: 'model/gate',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { vectors: 'u32' },
});

export function activate(kind: Activation, x: Tensor): Tensor {
  const y = Tensor.empty(x.gpu, x.rows, x.cols, kind);
  const vectors = x.bytes / 16;
  x.gpu.launch(UNARY[kind], { buffers: [x.buffer, y.buffer], params: { vectors }, grid: linearGrid(vectors, 64) });
  return y;
}

/** silu(gate) · up. */
export function siluGate(gate: Tensor, up: Tensor): Tensor {
  if (gate.rows !== up.rows || gate.cols !== up.cols) {
    throw new Error(`bug: a gate of ${gate.rows} × ${gate.cols} on ${up.rows} × ${up.cols}`);
  }
  const y = Tensor.empty(gate.gpu, gate.rows, gate.cols, 'gated');
  const vectors = gate.bytes / 16;
  gate.gpu.launch(GATE, {
    buffers: [gate.buffer, up.buffer, y.buffer],
    params: { vectors },
    grid: linearGrid(vectors, 64),
  });
  return y;
}
