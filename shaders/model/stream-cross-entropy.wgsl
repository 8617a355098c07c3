// Softmax cross-entropy of rows whose logits come a tile of columns at a time: joins a tile to each row's running state.
//   logits: rows × cols, the columns first … first + cols − 1 of the whole;  targets: rows, columns of the whole;
//   state: rows × 8: the largest logit m so far, Σ exp(l − m), the logit of the target (0 until its tile), the column of m (the first of
//   equals), and how many logits were NaN or infinite; three unused. With fresh = 1 what it held before is not read.
// stride counts vec4. Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
//#include "common/finite"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32, first: u32, fresh: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let inside = seat.row < params.rows;
  let at = seat.row * params.stride;
  let end = select(0u, params.stride, inside);
  var highest = -3e38;
  var bad = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let value = logits[at + c];
    let valid = columns_of(c) < vec4u(params.cols);
    highest = max(highest, largest_of(select(vec4f(-3e38), value, valid)));
    bad += total(select(vec4f(0), vec4f(1), valid & broken(value)));
  }
  highest = row_max(highest, local);
  bad = row_sum(bad, local);
  let none = -f32(params.cols);
  var column = none; // negated, so that the smallest column is the largest value
  var sum = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let value = logits[at + c];
    let columns = columns_of(c);
    let valid = columns < vec4u(params.cols);
    sum += total(select(vec4f(0), exp(min(value - highest, vec4f(0))), valid));
    column = max(column, largest_of(select(vec4f(none), -vec4f(columns), valid & (value == vec4f(highest)))));
  }
  sum = row_sum(sum, local);
  column = row_max(column, local);
  if (seat.lane > 0 || seat.row >= params.padded_rows) { return; }
  var now = vec4f(0);
  var count = 0.0;
  if (inside) {
    now = vec4f(highest, sum, 0, f32(params.first) - column);
    count = bad;
    if (params.fresh == 0u) {
      let before = state[seat.row * 2];
      count += state[seat.row * 2 + 1].x;
      let top = max(before.x, highest);
      let joined = before.y * exp(before.x - top) + sum * exp(highest - top);
      now = vec4f(top, joined, before.z, select(now.w, before.w, before.x >= highest));
    }
    let wanted = targets[seat.row] - params.first; // wraps where it is left of the tile
    if (targets[seat.row] >= params.first && wanted < params.cols) { now.z = logits[at + wanted / 4][wanted % 4]; }
  }
  state[seat.row * 2] = now;
  state[seat.row * 2 + 1] = vec4f(count, 0, 0, 0);
}
