// In place y[r, :] += x[r mod period, :] for r < rows.   y: rows × cols; x: at least period × cols.
// period = 1 adds a bias, a window's length adds positions, rows adds a residual. Strides count vec4; padded rows stay zero.
// Grid: one thread a vec4 of the first `rows` rows, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, stride: u32, period: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  y[at] += x[at % (params.period * params.stride)];
}
