/** Files out of a drop or a file input, folders included, each with its path inside what was dropped. */
import type { PathedFile } from '../store/models';

/** Must be called while the drop event is being handled: the browser empties the transfer afterwards. */
export function filesOfDrop(transfer: DataTransfer): Promise<PathedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (entries.length === 0) {
    return Promise.resolve([...transfer.files].map((file) => ({ path: file.name, file })));
  }
  return Promise.all(entries.map(filesOfEntry)).then((lists) => lists.flat());
}

export function filesOfInput(files: FileList): PathedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function filesOfEntry(entry: FileSystemEntry): Promise<PathedFile[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  if (!isFolder(entry)) return [];
  const lists = await Promise.all((await childrenOf(entry)).map(filesOfEntry));
  return lists.flat();
}

/** A reader hands out a folder in pieces and says that it is done with an empty one. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const piece = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (piece.length === 0) return children;
    children.push(...piece);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
