/**
 * For tests that compare bits: a number by which the arithmetic of a GPU can be told from another's. WGSL leaves the last bits of exp,
 * tanh, division or fma to the driver, and a software driver to the processor; what was recorded on one such arithmetic says nothing on
 * another. The shader stands here and nowhere else, so that no change of the studio's own kernels can change the number.
 */
import { createHash } from 'node:crypto';
import type { Gpu } from '../../gpu/gpu';

const COUNT = 1024;
const SHADER = `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64) fn probe(@builtin(global_invocation_id) id: vec3u) {
  let x = (f32(id.x) + 0.5) / 64.0;
  let y = sin(x * 3.0) + 1.25;
  let at = id.x * 8;
  out[at] = exp(-x); out[at + 1] = log(x); out[at + 2] = tanh(x - 8.0); out[at + 3] = sqrt(x);
  out[at + 4] = inverseSqrt(x); out[at + 5] = x / y; out[at + 6] = fma(x, y, -x) + x * y; out[at + 7] = pow(x, y) + cos(y);
}`;

/** Twelve digits. */
export async function arithmeticOf({ device }: Gpu): Promise<string> {
  const bytes = COUNT * 8 * 4;
  const out = device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const host = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: SHADER }), entryPoint: 'probe' },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer: out } }];
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(COUNT / 64);
  pass.end();
  encoder.copyBufferToBuffer(out, 0, host, 0, bytes);
  device.queue.submit([encoder.finish()]);
  await host.mapAsync(GPUMapMode.READ);
  const digest = createHash('sha256').update(new Uint8Array(host.getMappedRange())).digest('hex');
  host.unmap();
  for (const buffer of [out, host]) buffer.destroy();
  return digest.slice(0, 12);
}
