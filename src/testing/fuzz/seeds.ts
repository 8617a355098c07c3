/** The whole files that damage begins with: fixtures and samples of the checkout, and what is built of them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memorySource, type ByteSource } from '../../checkpoint/bytes';
import type { MemberToZip } from '../../checkpoint/testing';
import { safetensorsBlobParts, type TensorToWrite } from '../../checkpoint/safetensors-write';
import { openZip, readMember } from '../../checkpoint/zip';

/** The checkout; a bundle is told where it is. */
const ROOT = process.env.QUANTELIER_ROOT ?? fileURLToPath(new URL('../../..', import.meta.url));

export async function seedFile(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(join(ROOT, path)));
}

export async function seedJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(join(ROOT, path), 'utf8')) as unknown;
}

export async function membersOf(path: string): Promise<MemberToZip[]> {
  const zip = await openZip(memorySource(await seedFile(path), path));
  return Promise.all(
    [...zip.members.values()].map(async (member) => ({ name: member.name, bytes: await readMember(member, 1e6) })),
  );
}

export async function safetensorsOf(tensors: readonly TensorToWrite[], facts: Record<string, string> = {}) {
  const parts: Uint8Array[] = [];
  for await (const chunk of safetensorsBlobParts(tensors, facts).chunks()) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

export function textSource(text: string, name: string): ByteSource {
  return memorySource(new TextEncoder().encode(text), name);
}
