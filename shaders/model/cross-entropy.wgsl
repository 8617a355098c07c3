// Softmax cross-entropy a row: nll[r] = log Σ exp(l[r, :]) − l[r, target[r]], shifted by the row's maximum.
// A target at or past `cols` means "none" and gives 0.   logits: rows × cols; targets: rows; nll: rows × 1 (stride 8).
// stride counts vec4. Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> nll: array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let inside = seat.row < params.rows;
  let at = seat.row * params.stride;
  let end = select(0u, params.stride, inside);
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
  if (seat.lane > 0 || seat.row >= params.padded_rows) { return; }
  var loss = 0.0;
  if (inside) {
    let wanted = targets[seat.row];
    if (wanted < params.cols) { loss = log(sum) + (highest - logits[at + wanted / 4][wanted % 4]); }
  }
  nll[seat.row * 2] = vec4f(loss, 0, 0, 0);
  nll[seat.row * 2 + 1] = vec4f(0);
}
