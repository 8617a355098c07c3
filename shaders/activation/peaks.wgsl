// From the least and the greatest of rows or columns (activation/ranges) to a vector of what their largest magnitude says: 1 × count.
//   pairs: value i's least at i·step, its greatest second_at further (floats). The override OP chooses:
//   0: 1 where the peak is above alpha, else 0     1: peak^alpha, 0 where the peak is 0
//   What is not finite passes as it is: it keeps no column, and makes a factor of itself.
// Grid: one thread a float of peaks with its padding, linear. No workgroup memory.
//#include "common/index"
//#include "common/finite"
struct Params { count: u32, padded: u32, step: u32, second_at: u32, alpha: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pairs: array<f32>;
@group(0) @binding(2) var<storage, read_write> peaks: array<f32>;

override OP: u32 = 0;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.padded) { return; }
  var value = 0.0;
  if (i < params.count) {
    let low = pairs[i * params.step];
    let high = pairs[params.second_at + i * params.step];
    let peak = max(abs(low), abs(high));
    if (OP == 0u) {
      value = select(0.0, 1.0, peak > params.alpha);
    } else if (peak > 0.0) {
      // exp2 and log2 are not exact, and 1 and 0 are common.
      if (params.alpha == 1.0) { value = peak; }
      else if (params.alpha == 0.0) { value = 1.0; }
      else { value = exp2(params.alpha * log2(peak)); }
    }
    value = keeping_one(low, keeping_one(high, value));
  }
  peaks[i] = value;
}
