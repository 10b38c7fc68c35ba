/** A small tree of files to point a check's root at. A text that begins with "-> " is where a symbolic link leads. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunResult } from '../../agent/checks/check.ts';

const made: string[] = [];

/** @param days how old the files are */
export function tree(files: Readonly<Record<string, string | Uint8Array>>, days = 0): string {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-tree-'));
  made.push(root);
  addFiles(root, files, days);
  return root;
}

export function addFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>, days = 0): void {
  for (const [path, content] of Object.entries(files)) addFile(root, path, content, days);
}

export function addFile(root: string, path: string, content: string | Uint8Array, days = 0): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  if (typeof content === 'string' && content.startsWith('-> ')) {
    symlinkSync(content.slice(3), join(root, path));
    return;
  }
  writeFileSync(join(root, path), content);
  const at = Date.now() / 1000 - days * 86_400;
  utimesSync(join(root, path), at, at);
}

/** For the end of a test file. */
export function removeTrees(): void {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true });
}

/** What a program has answered. */
export const answer = (stdout: string, code: number | null = 0, stderr = ''): RunResult => ({
  code,
  signal: null,
  stdout,
  stderr,
  ended: null,
  ms: 1,
});
