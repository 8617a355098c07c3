// Causal softmax in place: row t of a pair becomes exp(scale·(s − max)) / Σ over the keys it sees, and zero on the other keys of
// the tiles it was computed on; rows past the window's length become zero.   scores: (pairs · panel_tiles · 8) × block_rows.
// Grid: one row for LANES threads, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
//#include "model/attention-span"
struct Params { rows: u32, length: u32, first_tile: u32, panel_tiles: u32, stride: u32, window: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> scores: array<vec4f>; // stride counts vec4

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let present = seat.row < params.rows;
  let query = params.first_tile * 8 + seat.row % (params.panel_tiles * 8);
  let live = present && query < params.length;
  let at = seat.row * params.stride;
  let begin = first_key_tile(query / 8, params.window) * 2 + seat.lane;
  let end = select(0u, query / 8 * 2 + 2, present);
  let oldest = vec4u(first_key(query, params.window));

  var highest = -3e38;
  if (live) {
    for (var c = begin; c < end; c += LANES) {
      let key = columns_of(c);
      highest = max(highest, largest_of(select(vec4f(-3e38), scores[at + c], (key >= oldest) & (key <= vec4u(query)))));
    }
  }
  highest = row_max(highest, local);
  var sum = 0.0;
  for (var c = begin; c < end; c += LANES) {
    let key = columns_of(c);
    var weights = vec4f(0);
    if (live) {
      // min keeps exp of a masked score from overflowing before select drops it.
      let raised = exp(params.scale * min(scores[at + c] - highest, vec4f(0)));
      weights = select(vec4f(0), raised, (key >= oldest) & (key <= vec4u(query)));
    }
    scores[at + c] = weights;
    sum += total(weights);
  }
  sum = row_sum(sum, local);
  if (live) {
    for (var c = begin; c < end; c += LANES) { scores[at + c] /= sum; }
  }
}
