/**
 * PyTorch files since 1.6: a ZIP archive whose members are stored as they are: `<root>/data.pkl` with the values, and
 * `<root>/data/<key>` with each storage (torch/serialization.py, caffe2/serialize/inline_container.cc). Opening reads the table of
 * contents and the pickle; a tensor is a range of its member.
 */
import { StudioError } from '../base/errors';
import { PICKLE_LIMITS, runPickle } from './pickle';
import { TORCH_POLICY } from './pytorch-names';
import { malformedTorch, pickleFailures, torchWeights } from './pytorch-file';
import type { WeightFile } from './tensors';
import { grouped, quoted } from './wording';
import { readMember, verifySmall, type ZipArchive } from './zip';

/** torch.save compresses nothing. Archives packed again by hand may have, but no pickle grows to this. */
const LARGEST_DEFLATED_PICKLE = 16 * 2 ** 20;
const LARGEST_NOTE = 64;

const PICKLE = /^(?:[^/]+\/)?data\.pkl$/;

/** Whether an archive is one of torch.save. */
export function isTorchZip(zip: ZipArchive): boolean {
  return [...zip.members.keys()].some((name) => PICKLE.test(name));
}

/**
 * @throws QS-FILE-03 when the file is cut off or damaged; QS-FILE-04 when it would run code, or is malformed; QS-FILE-10 when its
 *   pickle is too large
 */
export async function openTorchZip(zip: ZipArchive): Promise<WeightFile> {
  const { source } = zip;
  const file = source.name;
  const pickles = [...zip.members.keys()].filter((name) => PICKLE.test(name));
  if (pickles.length !== 1) throw malformedTorch(file, `it has ${pickles.length} members called data.pkl`);
  const root = pickles[0].slice(0, -'data.pkl'.length);
  if (zip.members.has(`${root}constants.pkl`)) {
    throw new StudioError(
      'QS-FILE-04',
      `${quoted(file)} is a TorchScript program of PyTorch, which is code and not weights; save model.state_dict() instead`,
    );
  }
  const order = await note(zip, `${root}byteorder`);
  if (order !== null && order !== 'little') {
    throw malformedTorch(file, `its bytes are in ${quoted(order)} order, and only little-endian ones are read`);
  }
  const pickle = await readPickle(zip, pickles[0]);
  const { value } = runPickle(pickle, 0, TORCH_POLICY, pickleFailures(file));
  const weights = torchWeights(source, value, 'zip', ({ key }) => {
    const member = zip.members.get(`${root}data/${key}`);
    if (member === undefined) return null;
    if (member.deflated)
      throw malformedTorch(file, `its storage ${quoted(key)} is compressed, which torch.save never does`);
    return { source: member.source, begin: 0, bytes: member.size, verify: () => member.verify() };
  });
  await verifySmall(zip);
  return weights;
}

async function readPickle(zip: ZipArchive, name: string): Promise<Uint8Array> {
  const member = zip.members.get(name);
  if (member === undefined) throw malformedTorch(zip.source.name, `it has no ${name}`);
  if (member.deflated && member.size > LARGEST_DEFLATED_PICKLE) {
    throw malformedTorch(
      zip.source.name,
      `its ${name} is compressed and would grow to ${grouped(member.size)} bytes, and the limit is ${grouped(LARGEST_DEFLATED_PICKLE)}`,
    );
  }
  return readMember(member, PICKLE_LIMITS.bytes);
}

/** A member of a few letters, or null when it is not there. */
async function note(zip: ZipArchive, name: string): Promise<string | null> {
  const member = zip.members.get(name);
  return member === undefined ? null : new TextDecoder().decode(await readMember(member, LARGEST_NOTE)).trim();
}
