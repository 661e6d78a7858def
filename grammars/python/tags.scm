; What the tolerant path takes from Python that the interpreter's own parser refuses.

(class_definition) @definition.class
(function_definition) @definition.function
(module (expression_statement (assignment left: (identifier) @definition.variable)))

(import_statement) @import
(import_from_statement) @import

(call function: [(identifier) (attribute)] @reference.call)
(decorator [(identifier) (attribute)] @reference.decorator)
(class_definition superclasses: (argument_list [(identifier) (attribute)] @reference.inherit))
(type [(identifier) (attribute)] @reference.annotation)
(assignment right: [(identifier) (attribute)] @reference.reference)
(argument_list [(identifier) (attribute)] @reference.reference)
(return_statement [(identifier) (attribute)] @reference.reference)
