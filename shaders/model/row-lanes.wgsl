// Rows shared by LANES neighbouring threads, for kernels that reduce over a row. LANES = 1 gives each row to one thread and
// compiles the barriers away: software adapters run that up to 200 times faster. Workgroup memory: 4·WG bytes.
//#include "common/index"
override WG: u32 = 64;    // threads of a workgroup
override LANES: u32 = 64; // threads of a row; divides WG
var<workgroup> partials: array<f32, WG>;

struct Seat { row: u32, lane: u32 }

// Rows past the last are handed out too: barriers want every thread.
fn seat_of(group: vec3u, groups: vec3u, local: u32) -> Seat {
  let thread = linear_index(group, groups, local, WG);
  return Seat(thread / LANES, thread % LANES);
}

// Makes each thread's value visible to its row; the first barrier waits for readers of the reduction before.
fn share(value: f32, local: u32) {
  workgroupBarrier();
  partials[local] = value;
  workgroupBarrier();
}

fn row_sum(value: f32, local: u32) -> f32 {
  if (LANES == 1u) { return value; }
  share(value, local);
  let first = local - local % LANES;
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) { sum += partials[first + i]; }
  return sum;
}

fn row_max(value: f32, local: u32) -> f32 {
  if (LANES == 1u) { return value; }
  share(value, local);
  let first = local - local % LANES;
  var largest = partials[first];
  for (var i = 1u; i < LANES; i++) { largest = max(largest, partials[first + i]); }
  return largest;
}

fn total(v: vec4f) -> f32 { return dot(v, vec4f(1)); }

fn largest_of(v: vec4f) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

// The four columns of vec4 number c.
fn columns_of(c: u32) -> vec4u { return vec4u(4 * c) + vec4u(0, 1, 2, 3); }
