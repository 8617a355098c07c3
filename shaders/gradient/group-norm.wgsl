// GroupNorm over images: y = (x − mean) ⊙ rate ⊙ weight + bias, mean and rate those of the channel's group in the image.
//   x, y: (images · pixels) × channels; mean, rate: images × channels; weight, bias: 1 × channels. Strides count vec4.
// Grid: one thread a vec4 of the padded y, folded in y. No workgroup memory.
// Wu and He 2018, arXiv 1803.08494.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, pixels: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read> rate: array<vec4f>;
@group(0) @binding(4) var<storage, read> weight: array<vec4f>;
@group(0) @binding(5) var<storage, read> bias: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let lane = at % params.stride;
  let row = at / params.stride;
  let own = row / params.pixels * params.stride + lane;
  var value = vec4f(0);
  if (row < params.rows) { value = (x[at] - mean[own]) * rate[own] * weight[lane] + bias[lane]; }
  y[at] = value;
}
