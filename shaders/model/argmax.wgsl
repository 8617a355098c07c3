// The column of each row's largest value, the first of equals, as f32 (exact below 2²⁴); NaN or infinity where the row holds one.   x: rows × cols; best: rows × 1 (stride 8).
// stride counts vec4. Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
//#include "common/finite"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> best: array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let inside = seat.row < params.rows;
  let at = seat.row * params.stride;
  let end = select(0u, params.stride, inside);
  var highest = -3e38;
  var damage = 0.0; // the sum of what is no number
  for (var c = seat.lane; c < end; c += LANES) {
    let value = select(vec4f(-3e38), x[at + c], columns_of(c) < vec4u(params.cols));
    highest = max(highest, largest_of(value));
    damage += total(select(vec4f(0), value, broken(value)));
  }
  damage = row_sum(damage, local);
  highest = row_max(highest, local);
  let none = -f32(params.cols);
  var first = none; // negated, so that the smallest column is the largest value
  for (var c = seat.lane; c < end; c += LANES) {
    let column = columns_of(c);
    let equal = (x[at + c] == vec4f(highest)) & (column < vec4u(params.cols));
    first = max(first, largest_of(select(vec4f(none), -vec4f(column), equal)));
  }
  first = row_max(first, local);
  if (seat.lane > 0 || seat.row >= params.padded_rows) { return; }
  best[seat.row * 2] = vec4f(select(0.0, damage - first, inside), 0, 0, 0);
  best[seat.row * 2 + 1] = vec4f(0);
}
