// KL(softmax(p) ‖ softmax(q)) of rows whose logits come a tile of columns at a time: joins a tile to each row's running state.
// With δ = p − q − s and any number s a row, E the mean under softmax(p) and g(δ) = e⁻ᵈ − 1 + δ (never negative, and summed without
// cancelling), KL = E δ + log(1 + E g − E δ). The first tile's log-sums give s, which makes δ small where q is close to p.
//   p, q: rows × cols, the same columns of the whole;
//   state: rows × 8: m = max p so far, Σ e^(p−m), max q, Σ e^(q−max q);  s, Σ e^(p−m) g(δ), Σ e^(p−m) δ, and how many logits were NaN or
//   infinite. With fresh = 1 what it held before is not read.
// stride counts vec4. Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
//#include "common/finite"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32, fresh: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<vec4f>;
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;

fn bad_of(v: vec4f, valid: vec4<bool>) -> f32 { return total(select(vec4f(0), vec4f(1), valid & broken(v))); }

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
  var bad = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let valid = columns_of(c) < vec4u(params.cols);
    p_high = max(p_high, largest_of(select(lowest, p[at + c], valid)));
    q_high = max(q_high, largest_of(select(lowest, q[at + c], valid)));
    bad += bad_of(p[at + c], valid) + bad_of(q[at + c], valid);
  }
  p_high = row_max(p_high, local);
  q_high = row_max(q_high, local);
  bad = row_sum(bad, local);
  var p_sum = 0.0;
  var q_sum = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let valid = columns_of(c) < vec4u(params.cols);
    p_sum += total(select(vec4f(0), exp(min(p[at + c] - p_high, vec4f(0))), valid));
    q_sum += total(select(vec4f(0), exp(min(q[at + c] - q_high, vec4f(0))), valid));
  }
  p_sum = row_sum(p_sum, local);
  q_sum = row_sum(q_sum, local);
  var before = vec4f(-3e38, 0, -3e38, 0);
  var sums = vec4f(p_high - q_high + log(p_sum / q_sum), 0, 0, 0);
  if (inside && params.fresh == 0u) {
    before = state[seat.row * 2];
    sums = state[seat.row * 2 + 1];
  }
  let shift = sums.x;
  let p_top = max(before.x, p_high);
  let q_top = max(before.z, q_high);
  var spread = 0.0;
  var mean = 0.0;
  for (var c = seat.lane; c < end; c += LANES) {
    let p_value = p[at + c];
    let q_value = q[at + c];
    let valid = columns_of(c) < vec4u(params.cols);
    let weight = exp(min(p_value - p_top, vec4f(0)));
    let d = p_value - q_value - shift;
    let e = clamp(d, vec4f(-0.2), vec4f(0.2)); // the series' range; outside it `far` is taken
    let near = weight * e * e * (0.5 - e * (1.0 / 6 - e * (1.0 / 24 - e / 120)));
    // q far above p would pass f32's range: the host then takes the plain form, which needs no g.
    let far = weight * (d - 1) + exp(min(q_value + shift - p_top, vec4f(80)));
    spread += total(select(vec4f(0), select(far, near, abs(d) < vec4f(0.2)), valid));
    mean += total(select(vec4f(0), weight * d, valid));
  }
  spread = row_sum(spread, local);
  mean = row_sum(mean, local);
  if (seat.lane > 0 || seat.row >= params.padded_rows) { return; }
  let kept = exp(before.x - p_top);
  let p_joined = before.y * kept + p_sum * exp(p_high - p_top);
  let q_joined = before.w * exp(before.z - q_top) + q_sum * exp(q_high - q_top);
  state[seat.row * 2] = select(vec4f(0), vec4f(p_top, p_joined, q_top, q_joined), inside);
  state[seat.row * 2 + 1] = select(vec4f(0), vec4f(shift, sums.y * kept + spread, sums.z * kept + mean, sums.w + bad), inside);
}
