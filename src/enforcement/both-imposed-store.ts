/** Two columns of what is imposed, added up: all of it may be in force. Each is null where that is nothing. */
export const bothImposed = (one: string, other: string): string => `case when ${one} is null or ${other} is null
         then coalesce(${one}, ${other})
         else jsonb_build_object(
           'attributes', (${one} -> 'attributes') || (${other} -> 'attributes'),
           'services', (${one} -> 'services') || (${other} -> 'services')) end`;
