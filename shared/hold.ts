/** Why a ticket may wait for somebody. */
export const holdReasons = ['awaiting_requester', 'awaiting_vendor', 'awaiting_change', 'awaiting_problem'] as const;
