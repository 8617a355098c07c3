// Up to four levels of the fast Walsh–Hadamard transform on rows, in place: sums and differences of entries that lie span, 2·span, 4·span
// and 8·span apart, then times `scale`. Vectors of a power of two stand side by side without a gap from column `first` on; the other
// columns and the padding are not touched.
//   y: rows × any. One thread for the 2^LEVELS entries that meet, which nobody else touches; LEVELS = 0 only multiplies.
// stride counts floats. threads_per_row threads share a row; `threads` counts those of the launch, whose first row is first_row.
// Grid: linear over the threads (linearGrid), 64 threads a workgroup. No workgroup memory.
// Fino and Algazi 1976, IEEE Transactions on Computers 25.
//#include "common/index"
struct Params { threads: u32, threads_per_row: u32, first_row: u32, stride: u32, first: u32, span: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

override LEVELS: u32 = 1;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let thread = linear_index(group, groups, local, 64);
  if (thread >= params.threads) { return; }
  let row = params.first_row + thread / params.threads_per_row;
  let place = thread % params.threads_per_row;
  let start = (place / params.span) * (params.span << LEVELS) + place % params.span;
  let at = row * params.stride + params.first + start;
  let count = 1u << LEVELS;
  var values: array<f32, 16>;
  for (var i = 0u; i < count; i++) { values[i] = y[at + i * params.span]; }
  for (var half = 1u; half < count; half *= 2) {
    for (var pair = 0u; pair < count / 2; pair++) {
      let low = (pair / half) * 2 * half + pair % half;
      let a = values[low];
      let b = values[low + half];
      values[low] = a + b;
      values[low + half] = a - b;
    }
  }
  for (var i = 0u; i < count; i++) { y[at + i * params.span] = values[i] * params.scale; }
}
