// KL(P ‖ Q) a row, P = softmax(p), Q = softmax(q): Σ P·(d + e⁻ᵈ − 1) with d = log P − log Q, which equals Σ P·d because both sum
// to one, has no negative term, and so does not cancel when Q is close to P.   p, q: rows × cols; kl: rows × 1 (stride 8).
// stride counts vec4. Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
//#include "common/finite"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<vec4f>;
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> kl: array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let inside = seat.row < params.rows;
  let at = seat.row * params.stride;
  let end = select(0u, params.stride, inside);
  let lowest = vec4f(-3e38);
  var p_high = -3e38;
  var q_high = -3e38;
  for (var c = seat.lane; c < end; c += LANES) {
    let valid = columns_of(c) < vec4u(params.cols);
    p_high = max(p_high, largest_of(select(lowest, p[at + c], valid)));
    q_high = max(q_high, largest_of(select(lowest, q[at + c], valid)));
  }
  p_high = row_max(p_high, local);
  q_high = row_max(q_high, local);
  var p_sum = 0.0;
  var q_sum = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let valid = columns_of(c) < vec4u(params.cols);
    // Selected before they are raised: padding could overflow, and a clamp would drop NaN.
    p_sum += total(select(vec4f(0), exp(select(vec4f(0), p[at + c] - p_high, valid)), valid));
    q_sum += total(select(vec4f(0), exp(select(vec4f(0), q[at + c] - q_high, valid)), valid));
  }
  p_sum = row_sum(p_sum, local);
  q_sum = row_sum(q_sum, local);
  let log_ratio = log(p_sum / q_sum);
  var sum = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let valid = columns_of(c) < vec4u(params.cols);
    let p_shifted = select(vec4f(0), p[at + c] - p_high, valid);
    let q_shifted = select(vec4f(0), q[at + c] - q_high, valid);
    let p_value = exp(p_shifted) / p_sum;
    let q_value = exp(q_shifted) / q_sum;
    let d = p_shifted - q_shifted - log_ratio;
    let e = clamp(d, vec4f(-0.2), vec4f(0.2)); // the series' range; outside it `far` is taken
    let near = p_value * e * e * (0.5 - e * (1.0 / 6 - e * (1.0 / 24 - e / 120)));
    let far = p_value * (d - 1) + q_value;
    sum += total(select(vec4f(0), keeping(d, select(far, near, abs(d) < vec4f(0.2))), valid));
  }
  sum = row_sum(sum, local);
  if (seat.lane > 0 || seat.row >= params.padded_rows) { return; }
  kl[seat.row * 2] = vec4f(select(0.0, sum, inside), 0, 0, 0);
  kl[seat.row * 2 + 1] = vec4f(0);
}
