// RMSNorm: y[r, :] = x[r, :] / √(mean(x[r, :]²) + eps) · weight.   x, y: rows × cols; weight: 1 × cols.
// The override WEIGHTED = 0 leaves the weight out; what is then bound for it is not looked at.
// Strides count vec4. Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
// Zhang and Sennrich 2019, arXiv 1910.07467.
//#include "model/row-lanes"
//#include "common/finite"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

override WEIGHTED: u32 = 1;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let inside = seat.row < params.rows;
  let at = seat.row * params.stride;
  var squares = 0.0;
  if (inside) {
    for (var c = seat.lane; c < params.stride; c += LANES) { squares += dot(x[at + c], x[at + c]); }
  }
  let variance = row_sum(squares, local) / f32(params.cols) + params.eps;
  // Squares that overflow would give the scale 0, and a row of zeros.
  let scale = keeping_one(variance, inverseSqrt(variance));
  if (seat.row >= params.padded_rows) { return; }
  for (var c = seat.lane; c < params.stride; c += LANES) {
    var value = x[at + c] * scale;
    if (WEIGHTED == 1u) { value *= weight[c]; }
    y[at + c] = select(vec4f(0), value, inside);
  }
}
