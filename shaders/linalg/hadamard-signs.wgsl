// y = scale · (H_K ⊗ I)·x on vectors of K runs of `run` entries, `K·run` columns each, side by side from column `first` on:
//   y[a·run + b] = scale · Σ_from ±x[from·run + b],  the terms added in their order.
//   x, y: rows × any, both `stride` floats a row; y's other columns and padding are not touched.
//   table: K × K of ±1, table_stride vec4 a row: row `from` holds the sign of entry `from` in each of the K results.
// One thread for 8 of the results at one place of the run. threads_per_row threads share a row; `threads` counts those of the launch,
// whose first row is first_row. Grid: linear over the threads (linearGrid), 64 threads a workgroup. No workgroup memory.
//#include "common/index"
struct Params {
  threads: u32, threads_per_row: u32,
  first_row: u32, stride: u32, first: u32,
  k: u32, run: u32, table_stride: u32,
  scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let thread = linear_index(group, groups, local, 64);
  if (thread >= params.threads) { return; }
  let row = params.first_row + thread / params.threads_per_row;
  let place = thread % params.threads_per_row;
  // Neighbouring threads stand at neighbouring places of a run; then come the eights of results, then the vectors.
  let eights = (params.k + 7) / 8;
  let b = place % params.run;
  let eight = place / params.run % eights;
  let vector = place / params.run / eights;
  let at = row * params.stride + params.first + vector * params.k * params.run + b;
  var low = vec4f(0);
  var high = vec4f(0);
  for (var i = 0u; i < params.k; i++) {
    let value = x[at + i * params.run];
    let entry = i * params.table_stride + 2 * eight;
    low += value * table[entry];
    high += value * table[entry + 1];
  }
  for (var i = 0u; i < 4u; i++) {
    let result = 8 * eight + i;
    if (result < params.k) { y[at + result * params.run] = low[i] * params.scale; }
    if (result + 4 < params.k) { y[at + (result + 4) * params.run] = high[i] * params.scale; }
  }
}
