// A codeword of D floats out of `codebooks`, as a Vector (assignment/metric.wgsl) with zeros past D.
fn codeword(at: u32) -> Vector {
  var c = Vector(vec4f(codebooks[at], 0.0, 0.0, 0.0), vec4f(0));
  if (D > 1u) { c.low.y = codebooks[at + 1u]; }
  if (D > 2u) { c.low.z = codebooks[at + 2u]; }
  if (D > 3u) { c.low.w = codebooks[at + 3u]; }
  if (D > 4u) { c.high.x = codebooks[at + 4u]; }
  if (D > 5u) { c.high.y = codebooks[at + 5u]; }
  if (D > 6u) { c.high.z = codebooks[at + 6u]; }
  if (D > 7u) { c.high.w = codebooks[at + 7u]; }
  return c;
}
