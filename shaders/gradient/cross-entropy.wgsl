// Back through alpha · Σ_r −log softmax(logits[r])[targets[r]]:  gl[r, c] = alpha · g · (softmax(logits[r])[c] − [c = targets[r]]).
// A row whose target is at or past `cols` ("none") gets 0.   logits, gl: rows × cols; targets: rows; g: 1 × 1, ∂loss/∂(that sum).
// stride counts vec4; padding is written as zero.
// Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32, alpha: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gl: array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let at = seat.row * params.stride;
  let end = select(0u, params.stride, seat.row < params.rows);
  var highest = -3e38;
  for (var c = seat.lane; c < end; c += LANES) {
    highest = max(highest, largest_of(select(vec4f(-3e38), logits[at + c], columns_of(c) < vec4u(params.cols))));
  }
  highest = row_max(highest, local);
  var sum = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    // Selected before it is raised: padding could overflow, and a clamp would drop NaN.
    let present = columns_of(c) < vec4u(params.cols);
    let raised = exp(select(vec4f(0), logits[at + c] - highest, present));
    sum += total(select(vec4f(0), raised, present));
  }
  sum = row_sum(sum, local);
  if (seat.row >= params.padded_rows) { return; }
  var wanted = params.cols;
  if (seat.row < params.rows) { wanted = targets[seat.row]; }
  let last = select(0u, params.cols, wanted < params.cols);
  let factor = params.alpha * g[0].x;
  for (var c = seat.lane; c < params.stride; c += LANES) {
    let columns = columns_of(c);
    let p = exp(select(vec4f(0), logits[at + c] - highest, columns < vec4u(params.cols))) / sum;
    let value = factor * select(p, p - 1, columns == vec4u(wanted));
    gl[at + c] = select(vec4f(0), value, columns < vec4u(last));
  }
}
