-- Anything but a registration number, such as the number of an identity card, may be somebody's.
if(match(ifNull(reg_no, ''), '^[0-9]{13}([0-9]{2})?$'), reg_no, NULL)
