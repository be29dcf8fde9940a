// What the states of a session are called.
export const WORDS = { idle: "Idle", working: "Working", retrying: "Trying again", asking: "Needs you", failed: "Failed", unread: "Unread" };
