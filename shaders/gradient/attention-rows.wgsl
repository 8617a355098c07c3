// The rows of attention in place, of a panel of query rows (gradient/attention-products), over the tiles the mask lets through:
//   softmax: scores → P = exp(scale·(s − max)) / Σ over the keys the query sees, zero elsewhere and in rows past the length
//   back:    ∂P → ∂S = scale · P ⊙ (∂P − Σ P ⊙ ∂P); P from row p_row of `weights`
//   rows: (pairs · panel_tiles · 8) × key_rows, from row first_row. Strides count vec4.
// Grid: one row for LANES threads, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
struct Params {
  count: u32, // rows
  first_row: u32,
  p_row: u32,
  length: u32,
  block_tiles: u32,
  key_length: u32,
  key_tiles: u32,
  first_tile: u32,
  panel_tiles: u32,
  causal: u32,
  window: u32,
  scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
//#include "model/attention-span"

@compute @workgroup_size(WG)
fn softmax(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let present = seat.row < params.count;
  let query = params.first_tile * 8 + seat.row % (params.panel_tiles * 8);
  let live = present && query < params.length;
  let at = (params.first_row + seat.row) * params.key_tiles * 2;
  let begin = first_key_tile(query / 8) * 2 + seat.lane;
  let end = select(0u, end_key_tile(query / 8) * 2, present);

  var highest = -3e38;
  if (live) {
    for (var c = begin; c < end; c += LANES) {
      highest = max(highest, largest_of(select(vec4f(-3e38), rows[at + c], sees(query, columns_of(c)))));
    }
  }
  highest = row_max(highest, local);
  var sum = 0.0;
  for (var c = begin; c < end; c += LANES) {
    var value = vec4f(0);
    if (live) {
      // Selected before it is raised: a masked score could overflow, and a clamp would drop NaN.
      let seen = sees(query, columns_of(c));
      let raised = exp(params.scale * select(vec4f(0), rows[at + c] - highest, seen));
      value = select(vec4f(0), raised, seen);
    }
    rows[at + c] = value;
    sum += total(value);
  }
  sum = row_sum(sum, local);
  if (live) {
    for (var c = begin; c < end; c += LANES) { rows[at + c] /= sum; }
  }
}

@compute @workgroup_size(WG)
fn back(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let query = params.first_tile * 8 + seat.row % (params.panel_tiles * 8);
  let at = (params.first_row + seat.row) * params.key_tiles * 2;
  let p = (params.p_row + seat.row) * params.key_tiles * 2;
  let begin = first_key_tile(query / 8) * 2 + seat.lane;
  let end = select(0u, end_key_tile(query / 8) * 2, seat.row < params.count);
  var sum = 0.0;
  for (var c = begin; c < end; c += LANES) { sum += dot(weights[p + c], rows[at + c]); }
  sum = row_sum(sum, local);
  for (var c = begin; c < end; c += LANES) { rows[at + c] = params.scale * weights[p + c] * (rows[at + c] - sum); }
}
