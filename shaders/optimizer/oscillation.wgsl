// Weights whose codes swing between two levels while they are trained, and what freezes them (Nagel et al. 2022, arXiv 2203.11086). After a
// step, with k the level of a weight on its row's grid, s (k) its value:
//   flip = k moved, and the other way than when it last moved;  frequency = keep · frequency + rest · flip;  mean = keep · mean + rest · k
//   frequency > threshold:  value = s · round(mean), free = 0: from then on the optimizer leaves it
//   value, free, level, last, frequency, mean: matrices of `stride` floats a row with zero padding, which nothing moves (its level is 0).
//   ends: lows of the rows, then their highs, a float every `ends_stride`. s = (high' − low') / top with low' = min(0, low), high' = max(0, high).
// Grid: linear over the floats, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
struct Params { count: u32, stride: u32, rows: u32, ends_stride: u32, top: f32, keep: f32, rest: f32, threshold: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ends: array<f32>;
@group(0) @binding(2) var<storage, read_write> value: array<f32>;
@group(0) @binding(3) var<storage, read_write> free: array<f32>;
@group(0) @binding(4) var<storage, read_write> level: array<f32>;
@group(0) @binding(5) var<storage, read_write> last: array<f32>;
@group(0) @binding(6) var<storage, read_write> frequency: array<f32>;
@group(0) @binding(7) var<storage, read_write> mean: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count || free[i] == 0.0) { return; }
  let row = i / params.stride;
  let low = min(0.0, ends[row * params.ends_stride]);
  let high = max(0.0, ends[(params.rows + row) * params.ends_stride]);
  if (high <= low) { return; }
  let s = (high - low) / params.top;
  let zero = round(-low / s);
  let now = clamp(round(value[i] / s) + zero, 0.0, params.top) - zero;
  let moved = sign(now - level[i]);
  let flip = select(0.0, 1.0, moved * last[i] < 0.0);
  level[i] = now;
  last[i] = select(last[i], moved, moved != 0.0);
  frequency[i] = params.keep * frequency[i] + params.rest * flip;
  mean[i] = params.keep * mean[i] + params.rest * now;
  if (frequency[i] <= params.threshold) { return; }
  value[i] = s * round(mean[i]);
  free[i] = 0.0;
}
