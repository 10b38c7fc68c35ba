/** The package managers that are read: one line each. */
import { apk } from './apk.ts';
import { apt } from './apt.ts';
import { brew } from './brew.ts';
import { dnf } from './dnf.ts';
import { flatpak } from './flatpak.ts';
import type { PatchManager } from './manager.ts';
import { pacman } from './pacman.ts';
import { snap } from './snap.ts';
import { softwareupdate } from './softwareupdate.ts';
import { windowsUpdate } from './windows-update.ts';
import { winget } from './winget.ts';
import { zypper } from './zypper.ts';

export const patchManagers: readonly PatchManager[] = [
  apt,
  dnf,
  zypper,
  pacman,
  apk,
  windowsUpdate,
  softwareupdate,
  winget,
  brew,
  snap,
  flatpak,
];
