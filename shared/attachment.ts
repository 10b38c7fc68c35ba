/** Files of tickets, as the interface shows them. */
import { type Static, Type } from 'typebox';

const MiB = 1024 * 1024;
/** Bytes, and files of one ticket. */
export const attachmentLimits = {
  file: 20 * MiB,
  ticket: 100 * MiB,
  all: 10 * 1024 * MiB,
  files: 50,
} as const;

export const AttachmentView = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  type: Type.String({ description: 'by its content, whatever its name says' }),
  size: Type.Integer({ description: 'bytes' }),
  isPicture: Type.Boolean({ description: 'PNG, JPEG, GIF or WebP: it may be shown' }),
  isPublic: Type.Boolean({ description: 'the requester may see it' }),
  at: Type.Integer(),
  by: Type.String(),
});
export type AttachmentView = Static<typeof AttachmentView>;

/** Why a file is not kept. */
export type AttachmentRefusal = 'empty' | 'too_big' | 'type' | 'ticket_full' | 'too_many' | 'all_full';
