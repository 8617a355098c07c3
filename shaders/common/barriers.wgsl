// Passes `count` barriers with one workgroup of 256 threads. in: —; out: u32, how many. Grid: one workgroup; workgroup memory: 4 bytes.
// What a barrier costs tells software from hardware (src/gpu/software-probe.ts).
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;

var<workgroup> turns: u32;

@compute @workgroup_size(256)
fn barriers(@builtin(local_invocation_index) lane: u32) {
  if (lane == 0) { turns = 0; }
  workgroupBarrier();
  for (var i = 0u; i < params.count; i++) {
    // A different thread each time, so that no barrier can be left out.
    if (lane == (i & 255u)) { turns++; }
    workgroupBarrier();
  }
  if (lane == 0) { out[0] = turns; }
}
