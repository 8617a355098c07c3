// From tokens to heads: y[(w·heads + h)·block_rows + t, d] = x[w·length + t, first + h·dim + d]; everything else zero.
//   x: (windows · length) × at least first + heads·dim; y: (windows · heads · block_rows) × dim.
// x_stride counts floats, y_stride vec4. Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { length: u32, block_rows: u32, heads: u32, dim: u32, first: u32, x_stride: u32, y_stride: u32, vectors: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let d = at % params.y_stride * 4;
  let row = at / params.y_stride;
  let t = row % params.block_rows;
  let block = row / params.block_rows;
  var value = vec4f(0);
  if (t < params.length) {
    let token = block / params.heads * params.length + t;
    let source = token * params.x_stride + params.first + block % params.heads * params.dim + d;
    for (var i = 0u; i < 4u && d + i < params.dim; i++) { value[i] = x[source + i]; }
  }
  y[at] = value;
}
