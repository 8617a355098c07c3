// Embedding: y[r, :] = table[ids[r] − first, :] for the ids of one panel of the table, first ≤ id < first + count.
// Rows of other panels are zeroed when `clear` is 1 (the first panel) and left alone otherwise; padded rows are zero.
//   ids: rows; table: count × cols; y: rows × cols. Strides count vec4.
// Grid: one thread a vec4 of the padded y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { rows: u32, vectors: u32, stride: u32, first: u32, count: u32, clear: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<vec4f>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.stride;
  if (row < params.rows) {
    let entry = ids[row] - params.first; // wraps past `count` for earlier panels
    if (entry < params.count) {
      y[at] = table[entry * params.stride + at % params.stride];
      return;
    }
  }
  if (params.clear == 1u) { y[at] = vec4f(0); }
}
