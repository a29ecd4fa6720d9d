import type { RejectReason } from "./decide-login.ts";

/**
 * What a customer reads in the router's log or the dialler's window: what to do, and nothing about whom. Each fits one
 * attribute (253 octets). An unknown user and a wrong password read the same.
 */
export const replyMessages: Readonly<Record<RejectReason, string>> = {
  "not-authenticated": "Login failed. Please check the user name and password, or call our helpdesk.",
  suspended:
    "Your internet service is suspended because a device on your connection is a danger to others. Please call our helpdesk: we will help you to clean it up and then reconnect you.",
  terminated: "This internet service has been terminated. Please call our helpdesk.",
  "password-withdrawn":
    "For your protection your password was replaced. Please call our helpdesk: we will give you the new one and help you to make your devices safe.",
};
