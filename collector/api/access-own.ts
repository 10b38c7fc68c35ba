/** Of access.ts: what people call about themselves. */
import type { Role } from '../../shared/api.ts';

export const ownAccess: Readonly<Record<string, Role>> = {
  'POST /api/v1/me/password': 'viewer',
  'POST /api/v1/me/confirm': 'viewer',
  'GET /api/v1/me/second-factor': 'viewer',
  'POST /api/v1/me/second-factor': 'viewer',
  'POST /api/v1/me/second-factor/confirm': 'viewer',
  'DELETE /api/v1/me/second-factor': 'viewer',
  'GET /api/v1/me/sessions': 'viewer',
  'DELETE /api/v1/me/sessions': 'viewer',
  'DELETE /api/v1/me/sessions/:id': 'viewer',
  'GET /api/v1/me/chat': 'viewer',
  'POST /api/v1/me/chat': 'viewer',
  'DELETE /api/v1/me/chat/:id': 'viewer',
  'GET /api/v1/views': 'viewer',
  /** To share one needs an operator. */
  'POST /api/v1/views': 'viewer',
  'PUT /api/v1/views/start-view': 'viewer',
  'PATCH /api/v1/views/:id': 'viewer',
  'DELETE /api/v1/views/:id': 'viewer',
  'GET /api/v1/me/push': 'operator',
  'POST /api/v1/me/push': 'operator',
  'DELETE /api/v1/me/push/:id': 'operator',
  'POST /api/v1/me/push/:id/test': 'operator',
};
