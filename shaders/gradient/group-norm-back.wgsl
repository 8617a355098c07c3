// GroupNorm (gradient/group-norm) backwards: ∂x = rate ⊙ (g ⊙ weight − a − x̂ ⊙ b), x̂ = (x − mean) ⊙ rate, where a and b are the means
// over the channel's group of g ⊙ weight and of g ⊙ weight ⊙ x̂.
//   x, g, dx: (images · pixels) × channels; mean, rate, a, b: images × channels; weight: 1 × channels. Strides count vec4.
// Grid: one thread a vec4 of the padded dx, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, pixels: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read> rate: array<vec4f>;
@group(0) @binding(4) var<storage, read> weight: array<vec4f>;
@group(0) @binding(5) var<storage, read> g: array<vec4f>;
@group(0) @binding(6) var<storage, read> a: array<vec4f>;
@group(0) @binding(7) var<storage, read> b: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dx: array<vec4f>;

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
  if (row < params.rows) {
    let normed = (x[at] - mean[own]) * rate[own];
    value = rate[own] * (g[at] * weight[lane] - a[own] - normed * b[own]);
  }
  dx[at] = value;
}
