// From heads to tokens: y[w·length + t, h·dim + d] = x[(w·heads + h)·block_rows + t, d]; the inverse of split-heads.
//   x: (windows · heads · block_rows) × dim; y: (windows · length) × (heads · dim).
// x_stride counts floats, y_stride vec4. Grid: one thread a vec4 of the padded y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { rows: u32, cols: u32, length: u32, block_rows: u32, heads: u32, dim: u32, x_stride: u32, y_stride: u32, vectors: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let column = at % params.y_stride * 4;
  let token = at / params.y_stride;
  var value = vec4f(0);
  if (token < params.rows) {
    let t = token % params.length;
    let first_block = token / params.length * params.heads;
    for (var i = 0u; i < 4u && column + i < params.cols; i++) {
      let block = first_block + (column + i) / params.dim;
      value[i] = x[(block * params.block_rows + t) * params.x_stride + (column + i) % params.dim];
    }
  }
  y[at] = value;
}
