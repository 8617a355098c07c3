// What there is to know of each row (token) of x:  figures: rows × 6 (stride 8):
//   0 peak: the largest magnitude   1 mean   2 Σ u²   3 Σ u⁴   4 Σ (u − mean u)²   5 Σ (u − mean u)⁴   with u = x / peak, which no power takes past f32
//   A row that is all 0 has zeros; what is not finite in a row makes its figures so. stride counts vec4.
// Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
//#include "common/finite"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> figures: array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let inside = seat.row < params.rows;
  let at = seat.row * params.stride;
  let end = select(0u, params.stride, inside);
  var peak = 0.0;
  var sum = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    peak = max(peak, largest_of(abs(x[at + c])));
    sum += total(x[at + c]);
  }
  peak = row_max(peak, local);
  let mean = row_sum(sum, local) / f32(params.cols);
  // A maximum may drop what is no number; the mean does not.
  let unit = keeping_one(mean, select(peak, 1.0, peak == 0.0));
  var squares = 0.0;
  var fourths = 0.0;
  var spread = 0.0;
  var tails = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let u = x[at + c] / unit;
    let d = select(vec4f(0), (x[at + c] - mean) / unit, columns_of(c) < vec4u(params.cols));
    squares += dot(u, u);
    fourths += dot(u * u, u * u);
    spread += dot(d, d);
    tails += dot(d * d, d * d);
  }
  squares = row_sum(squares, local);
  fourths = row_sum(fourths, local);
  spread = row_sum(spread, local);
  tails = row_sum(tails, local);
  if (seat.lane > 0u || seat.row >= params.padded_rows) { return; }
  figures[seat.row * 2u] = select(vec4f(0), vec4f(keeping_one(mean, peak), mean, squares, fourths), inside);
  figures[seat.row * 2u + 1u] = select(vec4f(0), vec4f(spread, tails, 0, 0), inside);
}
