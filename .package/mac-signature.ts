/**
 * An ad hoc signature for a macOS program: no identity, only the hash of each page. An arm64 Mac ends a program that has none.
 * The format is that of Apple's xnu, osfmk/kern/cs_blobs.h and EXTERNAL_HEADERS/mach-o/loader.h. Not run on a Mac.
 */
import { createHash } from 'node:crypto';

const magic64 = 0xfeedfacf;
const [segmentCommand, signatureCommand] = [0x19, 0x1d];
const [superBlobMagic, directoryMagic] = [0xfade0cc0, 0xfade0c02];
const directoryVersion = 0x20400;
const [adHoc, mainBinary] = [2, 1];
const sha256 = { code: 2, bytes: 32 };
const pageBits = 12;
/** Of the code directory, before its identifier. */
const headBytes = 88;
const headerBytes = 32;
const commandBytes = 16;

interface MachSegment {
  /** Of its load command. */
  at: number;
  fileOffset: bigint;
  fileSize: bigint;
}

interface Layout {
  commands: number;
  commandsBytes: number;
  segments: Map<string, MachSegment>;
  /** Where the first section's bytes begin: load commands must end before. */
  firstBytes: number;
}

const name16 = (file: Buffer, at: number) => file.toString('latin1', at, at + 16).replace(/\0+$/, '');
const up = (value: number, step: number) => Math.ceil(value / step) * step;

function layoutOf(file: Buffer): Layout {
  if (file.readUInt32LE(0) !== magic64) throw new Error('the file is not a 64-bit program for macOS');
  const [commands, commandsBytes] = [file.readUInt32LE(16), file.readUInt32LE(20)];
  const layout: Layout = { commands, commandsBytes, segments: new Map(), firstBytes: Number.POSITIVE_INFINITY };
  for (let index = 0, at = headerBytes; index < commands; index++, at += file.readUInt32LE(at + 4)) {
    const kind = file.readUInt32LE(at);
    if (kind === signatureCommand) throw new Error('the file has a signature already');
    if (kind !== segmentCommand) continue;
    const [fileOffset, fileSize] = [file.readBigUInt64LE(at + 40), file.readBigUInt64LE(at + 48)];
    layout.segments.set(name16(file, at + 8), { at, fileOffset, fileSize });
    for (let section = 0; section < file.readUInt32LE(at + 64); section++) {
      const offset = file.readUInt32LE(at + 72 + section * 80 + 48);
      if (offset > 0) layout.firstBytes = Math.min(layout.firstBytes, offset);
    }
  }
  return layout;
}

function segmentOf({ segments }: Layout, name: string): MachSegment {
  const segment = segments.get(name);
  if (!segment) throw new Error(`the file has no segment ${name}`);
  return segment;
}

/** @param file a program without a signature @param identifier such as net.evenkeel.agent @returns the same with one */
export function signed(file: Buffer, identifier: string): Buffer {
  const layout = layoutOf(file);
  const linkEdit = segmentOf(layout, '__LINKEDIT');
  const text = segmentOf(layout, '__TEXT');
  const end = headerBytes + layout.commandsBytes;
  if (end + commandBytes > layout.firstBytes) throw new Error('the file has no room for one more load command');

  const codeBytes = up(file.length, 16);
  const pages = Math.ceil(codeBytes / (1 << pageBits));
  const id = Buffer.from(`${identifier}\0`);
  const hashesAt = headBytes + id.length;
  const directoryBytes = hashesAt + pages * sha256.bytes;
  const blobBytes = 20 + directoryBytes;
  const room = up(blobBytes, 16);

  const code = Buffer.concat([file, Buffer.alloc(codeBytes - file.length)]);
  const linkEditBytes = codeBytes + room - Number(linkEdit.fileOffset);
  code.writeBigUInt64LE(BigInt(linkEditBytes), linkEdit.at + 48);
  code.writeBigUInt64LE(BigInt(up(linkEditBytes, 16_384)), linkEdit.at + 32);
  for (const [index, value] of [signatureCommand, commandBytes, codeBytes, room].entries())
    code.writeUInt32LE(value, end + 4 * index);
  code.writeUInt32LE(layout.commands + 1, 16);
  code.writeUInt32LE(layout.commandsBytes + commandBytes, 20);

  const blob = Buffer.alloc(room);
  const put = (at: number, values: readonly number[]) => {
    for (const [index, value] of values.entries()) blob.writeUInt32BE(value, at + 4 * index);
  };
  // One part, the code directory, 20 bytes from the start.
  put(0, [superBlobMagic, blobBytes, 1, 0, 20]);
  put(20, [directoryMagic, directoryBytes, directoryVersion, adHoc, hashesAt, headBytes, 0, pages, codeBytes]);
  blob.set([sha256.bytes, sha256.code, 0, pageBits], 20 + 36);
  blob.writeBigUInt64BE(text.fileSize, 20 + 72);
  blob.writeBigUInt64BE(BigInt(mainBinary), 20 + 80);
  blob.set(id, 20 + headBytes);
  for (let page = 0; page < pages; page++) {
    const bytes = code.subarray(page << pageBits, Math.min((page + 1) << pageBits, codeBytes));
    blob.set(createHash('sha256').update(bytes).digest(), 20 + hashesAt + page * sha256.bytes);
  }
  return Buffer.concat([code, blob]);
}
