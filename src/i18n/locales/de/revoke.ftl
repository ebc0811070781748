# Vorschau eines Widerrufs und sein Beleg
